/** Stack lines of a guest, pointing back at its sources. The text comes from a guest: bounded, and never trusted to be well formed. */
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { LRUCache } from 'lru-cache';
import { FUNCTION_FILE, KERNEL_FILE } from '../protocol/door.ts';

const MAX_LINES = 50;
const MAX_LINE_LENGTH = 1_000;
const frame = new RegExp(`${FUNCTION_FILE}:(\\d{1,9}):(\\d{1,9})`);
/** Parsed maps; parsing a large one takes milliseconds. */
const maps = new LRUCache<string, TraceMap>({ max: 50 });

/** The first lines of `stack`; frames of the function mapped, frames of the kernel left out. Never throws. */
export function mapStack(stack: string, sourceMap: string): string[] {
  const lines: string[] = [];
  for (const line of stack.split('\n', MAX_LINES * 2)) {
    if (line.includes(KERNEL_FILE)) continue;
    lines.push(mapLine(line.slice(0, MAX_LINE_LENGTH), sourceMap));
    if (lines.length === MAX_LINES) break;
  }
  return lines;
}

function mapLine(line: string, sourceMap: string): string {
  const found = frame.exec(line);
  if (found === null) return line;
  try {
    const map = maps.get(sourceMap) ?? new TraceMap(sourceMap);
    maps.set(sourceMap, map);
    const at = originalPositionFor(map, { line: Number(found[1]), column: Math.max(0, Number(found[2]) - 1) });
    if (at.source === null) return line;
    return line.replace(found[0], `${at.source}:${at.line}:${at.column + 1}`);
  } catch {
    return line;
  }
}
