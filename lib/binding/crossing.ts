/** Arguments, results and failures of host calls as the text that crosses, and why some does not. */
import type { ErrorCode } from '../errors.ts';
import type { HostFailure } from '../protocol/door.ts';
import { decode, encode } from '../protocol/values.ts';
import { failureOf } from './thrown.ts';

/** A failure the engine tells in its own words. */
export class Refusal {
  readonly code: ErrorCode;
  readonly message: string;

  constructor(code: ErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
/** Exact only where it matters: a character has at most three bytes. */
export const byteLength = (text: string, limit: number): number =>
  text.length * 3 <= limit ? text.length : Buffer.byteLength(text);

export function resultText(place: string, value: unknown, limit: number, limitName: string): string | Refusal {
  let text: ReturnType<typeof encode>;
  try {
    text = encode(value, textOf);
  } catch {
    return new Refusal('BindingResultInvalid', `${place} gave a result that threw an error while it was read`);
  }
  if (typeof text !== 'string') {
    return new Refusal(
      'BindingResultInvalid',
      `${place}: result${text.place} is ${text.what}; give JSON values, Uint8Array or undefined`,
    );
  }
  const bytes = byteLength(text, limit);
  if (bytes <= limit) return text;
  return new Refusal(
    'BindingQuotaExceeded',
    `${place}: the result has ${bytes} bytes as JSON and ${limit} are allowed; raise ${limitName}`,
  );
}

/** The arguments of a call. Throws a refusal for what only a tampered guest sends. */
export function listOf(args: string, place: string): unknown[] {
  const list = decode(args, bytesOf);
  if (!Array.isArray(list) || (args.includes('"__proto__"') && hasProto(list))) {
    throw new Refusal('BindingArgumentInvalid', `${place}: the arguments are no list of JSON values`);
  }
  return list;
}

/** A property of that name would change the prototype of whatever the host merges the value into. */
function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto);
}

/** JSON text of what a guest is told of a refusal, or of whatever a host function threw. */
export function failureText(thrown: unknown): string {
  const refusal = refusalOf(thrown);
  const failure: HostFailure =
    refusal === undefined
      ? failureOf(thrown)
      : { name: 'IsopodError', message: refusal.message, code: refusal.code, engine: true };
  return JSON.stringify(failure);
}

function refusalOf(thrown: unknown): Refusal | undefined {
  try {
    return thrown instanceof Refusal ? thrown : undefined;
  } catch {
    // A proxy may throw when its prototype is asked for.
    return undefined;
  }
}
