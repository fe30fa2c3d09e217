/** What an instance tells those who observe the engine while a call runs. */
import { FIRST_CALL_NO, requestIdOf } from '../protocol/door.ts';
import type { Call } from './call.ts';
import type { Definition } from './definition.ts';

/** Log lines of calls nobody asked about are not kept; of the others at most this many characters are. */
const MAX_STATUS_LOG_CHARS = 65_536;

/** `lines`: flat, `[no, line, ...]`. */
export function tellLines(
  { observed, observers }: Definition,
  instanceId: string,
  lines: readonly (number | string)[],
): void {
  const { functionName, versionId, requestPrefix } = observed;
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const no = lines[at] as number;
    const requestId = no < FIRST_CALL_NO ? undefined : requestIdOf(requestPrefix, no);
    const line = String(lines[at + 1]);
    observers.log({ functionName, versionId, instanceId, requestId, time: Date.now(), line });
  }
}

/** A call without a number of its own is put down to the only open one there is. */
export function countHostCall(open: ReadonlyMap<number, Call>, no: number): void {
  const call = open.get(no) ?? (open.size === 1 ? open.values().next().value : undefined);
  if (call !== undefined) call.hostCalls++;
}

/** Keeps a line for the caller who asked for them. */
export function keepLine(logs: string[], line: string): void {
  let chars = line.length;
  for (const kept of logs) chars += kept.length;
  if (chars <= MAX_STATUS_LOG_CHARS) logs.push(line);
}
