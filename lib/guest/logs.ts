/** `console` and `context.logger`: lines in Function Compute's form, collected per crossing, bounded per instance and crossing. */

import { clockMs } from './clock.ts';
import { inspect } from './describe.ts';
import { append, isoTime, jsonStringify, newList, requestId } from './intrinsics.ts';
import { state } from './state.ts';

/** Flat: call number, line, ... */
let lines = newList<string>();
let chars = 0;
let dropped = 0;

function format(args: readonly unknown[]): string {
  let text = '';
  for (let at = 0; at < args.length; at++) text += (at === 0 ? '' : ' ') + inspect(args[at]);
  return text;
}

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
