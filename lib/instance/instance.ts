/** What the pool sees of an instance, wherever it lives. */
import type { IsopodError } from '../errors.ts';
import type { Lane } from '../types.ts';
import type { Call } from './call.ts';

/** Milliseconds each part of a start took. */
export interface StartReport {
  imageLoadMs: number;
  restoreMs: number;
  evaluateMs: number;
  initializerMs: number;
}

/** The pool an instance belongs to. */
export interface InstanceOwner {
  /** Calls ended here; the instance may take others. `serviceMs`: time one call holds the instance, where known. */
  ended(instance: Instance, serviceMs: number | undefined): void;
  /** The instance is gone. Its begun calls have failed; `notBegun` never ran and may run elsewhere. */
  lost(instance: Instance, error: IsopodError, notBegun: Call[]): void;
}

/** What deciding about instances takes. */
export interface Pooled {
  readonly lane: Lane;
  /** Calls given and not ended. */
  readonly openCount: number;
  /** Bytes it is taken to hold, for the memory budget. */
  readonly bytes: number;
  /** It is kept by configuration, not by demand; kept by the pool. */
  provisioned: boolean;
  /** Sweeps of the pool since its last call; kept by the pool. */
  idleSweeps: number;
  /** `performance.now()` since when it has had nothing to do. */
  idleSince: number;
}

export interface Instance extends Pooled {
  readonly id: string;
  /** Those calls, oldest first. */
  readonly openCalls: IterableIterator<Call>;
  /** A call was given up here and may be holding the instance, whose end is then near. */
  readonly expiring: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Isolate, module, handler. Rejects with a coded error. */
  prepare(): Promise<void>;
  /** The initializer. Rejects with a coded error; the instance is gone then. */
  activate(): Promise<StartReport>;
  submit(call: Call): void;
  /** Its timers go on between calls, too; false unless it was set. */
  awake: boolean;
  /** An overdue call that another one keeps from beginning: not to blame, it runs when that one has been ended. */
  isHeldUp(call: Call): boolean;
  /** A call given here was given up; if it holds the instance, that ends. */
  expire(call: Call, error: IsopodError): void;
  /** V8 heap in use, where it is known without asking another thread. */
  heapUsedBytes(): number;
  /** preStop, then the end. Never rejects. */
  stop(): Promise<void>;
  /** The end at once; open calls fail with `error`. */
  kill(error: IsopodError): void;
}
