/** What installing a peer puts on the disk: its package and all it depends on, as they lie in node_modules. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rows } from '../../suite.ts';
import { isOurs, peers } from '../peers.ts';
import { rowName } from '../rows.ts';

interface Locked {
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Files of a folder but those of packages nested in it, which count for themselves. Links to one file count once. */
function sizeOf(folder: string, seen: Set<number>): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') bytes += sizeOf(path, seen);
    const { ino, size } = lstatSync(path);
    if (!entry.isFile() || seen.has(ino)) continue;
    seen.add(ino);
    bytes += size;
  }
  return bytes;
}

/** The packages that `dependencies` of the package at `from` lead to, found as Node.js finds them. */
function closure(packages: Readonly<Record<string, Locked>>, from: string, found: Set<string>): void {
  const { dependencies, optionalDependencies } = packages[from] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
      if (packages[path] !== undefined) {
        if (!found.has(path)) {
          found.add(path);
          closure(packages, path, found);
        }
        break;
      }
      if (at === '') break;
    }
  }
}

export const size = (peerName: string) => async (): Promise<Rows> => {
  const row = rowName('size', 'install', peerName);
  const name = peers[peerName]?.package;
  if (name === undefined && !isOurs(peerName)) return { [row]: 'part of Node.js' };
  const folder = fileURLToPath(new URL(isOurs(peerName) ? '../../../' : '../', import.meta.url));
  const { packages } = JSON.parse(readFileSync(`${folder}package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = new Set<string>();
  closure(
    isOurs(peerName) ? { ...packages } : { ...packages, '': { dependencies: { [name as string]: '' } } },
    '',
    found,
  );
  const seen = new Set<number>();
  let bytes = isOurs(peerName) ? sizeOf(`${folder}lib`, seen) : 0;
  let installed = 0;
  for (const path of found) {
    try {
      bytes += sizeOf(join(folder, path), seen);
      installed++;
    } catch {
      // For another system.
    }
  }
  if (installed === 0) return { [row]: 'not installed' };
  return { [row]: [bytes / 1e6], [rowName('packages', 'install', peerName)]: [installed] };
};
