/** Which deployments have an idle instance, as told to others: 32 bits of a hash each. A wrong hit costs one cold start. */
import { spread } from '../deployment/routing.ts';

/** Deployments told of at most; 16 KB. What is warm beyond that is found by its hash's order. */
const MAX = 4_096;

export const markOf = (key: string): number => spread(key) * 0x1_0000_0000;

export function encodeMarks(marks: Iterable<number>): string {
  const sorted = [...new Set(marks)].sort((a, b) => a - b).slice(0, MAX);
  return Buffer.from(Uint32Array.from(sorted).buffer).toString('base64');
}

export function decodeMarks(text: string): ReadonlySet<number> {
  const bytes = Buffer.from(text, 'base64');
  const marks = new Set<number>();
  for (let at = 0; at + 4 <= bytes.byteLength; at += 4) marks.add(bytes.readUInt32LE(at));
  return marks;
}
