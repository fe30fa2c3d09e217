/** What a bundle was made of: its source map's files, and the packages in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Sources relative to the root, packages as `node_modules/...`: the map says nothing of the machine. */
export function relativeSources(sourceMap: string): string {
  const map = JSON.parse(sourceMap) as { sources: string[] };
  map.sources = map.sources.map((source) => {
    const clean = source.replace(/^isopod-text:/, '');
    const packages = clean.lastIndexOf('node_modules/');
    if (packages > 0) return clean.slice(packages);
    return clean;
  });
  return JSON.stringify(map);
}

export async function packagesOf(metafile: Metafile, root: string): Promise<string[]> {
  const folders = new Set<string>();
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  for (const [path, { bytesInOutput }] of used) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || bytesInOutput === 0) continue;
    const [first = '', second = ''] = path.slice(at + 13).split('/');
    folders.add(path.slice(0, at + 13) + (first.startsWith('@') ? `${first}/${second}` : first));
  }
  const packages: string[] = [];
  for (const folder of folders) {
    const text = await readFile(join(root, folder, 'package.json'), 'utf8').catch(() => '{}');
    const { name, version } = JSON.parse(text) as { name?: string; version?: string };
    if (name !== undefined) packages.push(`${name}@${version ?? '0'}`);
  }
  return [...new Set(packages)].sort();
}
