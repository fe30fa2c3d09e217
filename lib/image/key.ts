/** What names an image: everything it depends on, and nothing else. Equal keys mean equal images. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { cachedDataVersionTag } from 'node:v8';
import type { Powers } from '../protocol/door.ts';
import type { WarmUp } from './build-messages.ts';

const isolatedVmVersion = (createRequire(import.meta.url)('isolated-vm/package.json') as { version: string }).version;

/** Of the files' form. */
const FORMAT = 3;

/** Environment values are not part of it: a module that reads them while it loads has no snapshot. */
export interface ImageFacts {
  /** SHA-256 of the bundled module. */
  readonly hash: string;
  readonly snapshot: 'auto' | 'never' | 'always';
  /** MB. */
  readonly memorySize: number;
  readonly powers: Powers;
  /** An example call to make while the snapshot is made. */
  readonly warmUp?: WarmUp | undefined;
}

export function imageKey(facts: ImageFacts, kernelHash: string): string {
  const { hash, snapshot, powers, memorySize, warmUp } = facts;
  return digest([FORMAT, hash, kernelHash, platform(), snapshot, powers, memorySize, warmUp]);
}

/** Of the snapshot of the bare kernel. */
export const baseKey = (kernelHash: string): string => digest(['base', FORMAT, kernelHash, platform()]);

const digest = (facts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex');

/**
 * Told for the first key, before there are isolates: whenever a thread makes one, V8's flags, and with them the tag, are others
 * for a moment, in all threads.
 */
let known: string | undefined;
function platform(): string {
  known ??= `${process.versions.v8} ${process.version} ${cachedDataVersionTag()} ${isolatedVmVersion} ${process.platform} ${process.arch}`;
  return known;
}
