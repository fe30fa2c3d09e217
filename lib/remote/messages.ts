/**
 * What goes between the calling thread and a place that hosts instances elsewhere: a worker thread or a cell. Calls and
 * answers travel as flat arrays, one message per turn and place; starts and stops are tasks with a report each.
 */
import type { ErrorRecord } from '../errors.ts';
import type { Image } from '../image/image.ts';
import type { HookLimits } from '../isolate/hosted-instance.ts';
import type { BootFacts } from '../protocol/door.ts';

/** To the far side, flat: op, instance, and what the op takes. */
export const CALL_MANY = 1; // text `[no,event,...]`, milliseconds left
export const CALL_BINARY = 2; // call number, text, milliseconds left
export const ANSWER = 3; // host call id, how (as in the protocol), JSON text
export const EXPIRE = 4; // order of the call, error record
export const KILL = 5;
/** As CALL_MANY, after everything said so far was sent: this one may hang. */
export const CALL_ALONE = 6;

/** The processor time of the call that follows is counted. */
export const COUNT = 7;
/** Its timers go on between calls, too. */
export const WAKE = 8; // 1, or 0 to take it back

/** From the far side, flat: op, instance, and what the op tells. */
export const SETTLED = 1; // settled list as JSON text, milliseconds the isolate was held
export const LOGGED = 2; // lines, dropped
export const HOST_CALL = 3; // id, call number, binding, method, arguments as text
export const LOST = 4; // error record, calls begun, 1 when it held the thread until then or else 0
export const CPU_USED = 5; // milliseconds, of the call that settles next
export const NEAR_LIMIT = 6; // name of the limit, used, allowed
export const HEAP = 7; // bytes of heap and external memory now

/** Arguments each op is followed by, instance number included. */
export const TO_FAR_ARGS: Readonly<Record<number, number>> = {
  [CALL_MANY]: 3,
  [CALL_BINARY]: 4,
  [ANSWER]: 4,
  [EXPIRE]: 3,
  [KILL]: 1,
  [CALL_ALONE]: 3,
  [COUNT]: 1,
  [WAKE]: 2,
};
export const FROM_FAR_ARGS: Readonly<Record<number, number>> = {
  [SETTLED]: 3,
  [LOGGED]: 3,
  [HOST_CALL]: 6,
  [LOST]: 4,
  [CPU_USED]: 2,
  [NEAR_LIMIT]: 4,
  [HEAP]: 2,
};

/** A step of an instance's life. */
export type FarTask =
  | {
      readonly op: 'prepare';
      readonly instance: number;
      readonly image: Image;
      readonly facts: BootFacts;
      readonly limits: HookLimits;
    }
  | { readonly op: 'activate'; readonly instance: number }
  | { readonly op: 'stop'; readonly instance: number };

/** What a step of a start came to; failures are data, because classes do not cross threads. */
export interface StepReport {
  readonly restoreMs: number;
  readonly evaluateMs: number;
  readonly initializerMs: number;
  readonly heapBytes: number;
  /** The isolate's number in its thread's watchdog. */
  readonly watchId: number;
  readonly failure?: { readonly told: unknown } | { readonly record: ErrorRecord } | undefined;
}
