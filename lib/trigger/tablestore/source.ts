/** Where changes of a table come from. */
import type { StreamRecord } from './record.ts';

export interface ChangeSource {
  /**
   * Hands changes to `deliver`, in order and one batch at a time, and moves on when it resolves; resolves when `signal`
   * aborts, rejects when the database fails. May be called again after that.
   */
  run(
    deliver: (records: readonly StreamRecord[]) => Promise<void>,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<void>;
  lag?(): Promise<number>;
  /** Removes what was put into the database for this trigger. */
  forget(): Promise<void>;
}

/** Records of one call at most. */
export const BATCH = 100;
