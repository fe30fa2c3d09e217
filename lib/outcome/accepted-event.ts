/** An event that was accepted and has not ended. */
import type { Failures } from './retry-policy.ts';
import type { TaskRecord } from './task-record.ts';

export interface AcceptedEvent {
  /** Of the call; the request id is made from it. Later events have higher numbers. */
  readonly no: number;
  /** JSON text, or one character per byte when `binary`. */
  readonly text: string;
  readonly binary: boolean;
  /** Milliseconds since the epoch. */
  readonly accepted: number;
  /** When the next attempt is due, milliseconds since the epoch; 0: it was not attempted yet and has no delay. */
  readonly due: number;
  readonly task: TaskRecord | undefined;
  readonly failures: Failures;
}

export const noFailures: Failures = Object.freeze({ functionErrors: 0, systemErrors: 0 });
