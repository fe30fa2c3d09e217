/** `console` and `context.logger`: lines in Function Compute's form, collected per crossing, bounded per instance and crossing. */

import { clockMs } from './clock.ts';
import { inspect } from './describe.ts';
import {
  append,
  isoTime,
  jsonStringify,
  newList,
  numberOf,
  numberParseFloat,
  numberParseInt,
  requestId,
  slice,
  stringOf,
} from './intrinsics.ts';
import { state } from './state.ts';

/** Flat: call number, line, ... */
let lines = newList<string>();
let chars = 0;
let dropped = 0;

/** `%s` and its like in a first text take what follows, as in Node.js; what is left comes behind it. */
function format(args: readonly unknown[]): string {
  const first = args[0];
  let text = '';
  let next = 0;
  if (typeof first === 'string' && args.length > 1) {
    next = 1;
    let from = 0;
    for (let at = 0; at + 1 < first.length; at++) {
      if (first[at] !== '%') continue;
      const shown = first[at + 1] === '%' ? '%' : next < args.length ? specified(first[at + 1], args[next]) : undefined;
      if (shown === undefined) continue;
      if (first[at + 1] !== '%') next++;
      text += slice(first, from, at) + shown;
      from = at + 2;
      at++;
    }
    text += slice(first, from);
  }
  for (let at = next; at < args.length; at++) text += (at === 0 ? '' : ' ') + inspect(args[at]);
  return text;
}

/** Undefined for what is no specifier. */
function specified(kind: string | undefined, value: unknown): string | undefined {
  switch (kind) {
    case 'd':
      return typeof value === 'bigint' ? `${value}n` : `${isNumeric(value) ? numberOf(value) : NaN}`;
    case 'i':
      return typeof value === 'bigint' ? `${value}n` : `${isNumeric(value) ? numberParseInt(stringOf(value)) : NaN}`;
    case 'f':
      return `${isNumeric(value) ? numberParseFloat(stringOf(value)) : NaN}`;
    case 's':
    case 'j':
    case 'o':
    case 'O':
      return inspect(value);
    case 'c':
      return '';
    default:
      return undefined;
  }
}

/** Objects would run code of theirs, symbols throw. */
const isNumeric = (value: unknown): boolean =>
  (typeof value !== 'object' || value === null) && typeof value !== 'function' && typeof value !== 'symbol';

export function log(level: string, no: number, args: readonly unknown[]): void {
  const line = `${isoTime(clockMs())} ${requestId(state.requestPrefix, no)} [${level}] ${format(args)}`;
  if (chars + line.length > state.maxLogChars) {
    dropped++;
  } else {
    chars += line.length;
    append(lines, `${no},${jsonStringify(line)}`);
  }
  state.dirty = true;
}

/** `logs,dropped` of a head line; starts anew. */
export function takeLogs(): string {
  let text = '[';
  for (let at = 0; at < lines.length; at++) text += (at === 0 ? '' : ',') + lines[at];
  text += `],${dropped}`;
  if (lines.length > 0) lines = newList<string>();
  chars = 0;
  dropped = 0;
  return text;
}
