/** What frames between the engine and a cell say, and the check of what a cell says: a broken cell may say anything. */
import { ERRORS } from '../errors.ts';
import type { Image } from '../image/image.ts';
import { NEAR_LIMITS } from '../instance/limits.ts';
import {
  CPU_USED,
  type FarTask,
  FROM_FAR_ARGS,
  HEAP,
  HOST_CALL,
  LOGGED,
  LOST,
  NEAR_LIMIT,
  SETTLED,
  type StepReport,
} from '../remote/messages.ts';
import type { NearLimit } from '../types.ts';
import { POWERS, type Power } from './confinement.ts';

/** Argument of a cell's process: it is meant to be locked in, and shall say whether it is. */
export const JAILED = '--jailed';

/** Milliseconds of a clock that all processes of a machine share and nobody sets. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

/** An image without its bytes, which follow the frame: those of the base first, unless the cell has them already. */
export type ImageHeader = Omit<Image, 'data' | 'base'> & { readonly baseBytes: number; readonly dataBytes: number };

/** To a cell. */
export type ToCell =
  /** Calls, answers and the like: the flat message of `remote/messages.ts`; `at`: when it was sent, by `monotonicMs`. */
  | { readonly say: unknown[]; readonly at: number }
  /** Asks for a sign of life, which is given when everything before it has been handled. */
  | { readonly ask: number }
  /** A step, answered by a report with the same number. A `prepare` names its image. */
  | { readonly step: number; readonly task: CellTask }
  /** An image; steps name it by its key. */
  | { readonly image: ImageHeader };

export type CellTask =
  | (Omit<Extract<FarTask, { op: 'prepare' }>, 'image'> & { readonly imageKey: string })
  | Exclude<FarTask, { op: 'prepare' }>;

/** From a cell. */
export type FromCell =
  | { readonly say: unknown[] }
  | { readonly step: number; readonly report: StepReport | null }
  /** The sign of life that was asked for. */
  | { readonly here: number }
  /** Once, at the beginning: what a jailed cell found it can do; nothing is told of a cell that is not jailed. */
  | { readonly ready: readonly Power[] };

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isLines = (value: unknown): boolean =>
  Array.isArray(value) && value.every((part, at) => (at % 2 === 0 ? isNumber(part) : isText(part)));
const maybe = (value: unknown, fits: (value: unknown) => boolean): boolean => value === undefined || fits(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
/** An error with a code nobody knows would be one without a kind. */
const isRecord = (value: unknown): boolean =>
  isObject(value) &&
  isText(value.code) &&
  Object.hasOwn(ERRORS, value.code as string) &&
  isText(value.message) &&
  maybe(value.errorType, isText) &&
  maybe(value.stackTrace, isTexts) &&
  maybe(value.requestId, isText) &&
  maybe(value.retryAfterMs, isNumber);

/** What follows the instance's number, op by op. */
const shapes: ReadonlyMap<unknown, readonly ((value: unknown) => boolean)[]> = new Map([
  [SETTLED, [isText, isNumber]],
  [LOGGED, [isLines, isNumber]],
  [HOST_CALL, [isNumber, isNumber, isText, isText, isText]],
  [LOST, [isRecord, isNumber, isNumber]],
  [CPU_USED, [isNumber]],
  [HEAP, [isNumber]],
  [NEAR_LIMIT, [(value) => NEAR_LIMITS.includes(value as NearLimit), isNumber, isNumber]],
]);

function isFlat(message: unknown): message is unknown[] {
  if (!Array.isArray(message)) return false;
  let at = 0;
  while (at < message.length) {
    const shape = shapes.get(message[at]);
    if (shape === undefined || !isNumber(message[at + 1])) return false;
    for (const [offset, fits] of shape.entries()) if (!fits(message[at + 2 + offset])) return false;
    at += 1 + (FROM_FAR_ARGS[message[at] as number] as number);
  }
  return at === message.length;
}

function isReport(report: unknown): boolean {
  if (report === null) return true;
  if (!isObject(report)) return false;
  const { restoreMs, evaluateMs, initializerMs, heapBytes, watchId, failure } = report;
  if (![restoreMs, evaluateMs, initializerMs, heapBytes, watchId].every(isNumber)) return false;
  return failure === undefined || (isObject(failure) && ('told' in failure || isRecord(failure.record)));
}

/** The message, or undefined when it is none. */
export function fromCell(value: unknown): FromCell | undefined {
  if (!isObject(value)) return undefined;
  if ('say' in value) return isFlat(value.say) ? (value as FromCell) : undefined;
  if ('step' in value) return isNumber(value.step) && isReport(value.report) ? (value as FromCell) : undefined;
  if ('here' in value) return isNumber(value.here) ? (value as FromCell) : undefined;
  const { ready } = value;
  return Array.isArray(ready) && ready.every((power) => Object.hasOwn(POWERS, String(power)))
    ? (value as FromCell)
    : undefined;
}
