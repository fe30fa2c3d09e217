/** A folder in which `isopod` can be imported, and `npx isopod` run, as where it is installed; it is the one of this checkout. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const lib = new URL('../../lib/', import.meta.url);
const DOORS = { '.': 'index', './testing': 'testing', './observe': 'observe' };

/** Makes `node_modules/isopod` below `folder`. */
export async function installInto(folder: string): Promise<void> {
  const home = join(folder, 'node_modules/isopod');
  await mkdir(home, { recursive: true });
  const exports: Record<string, string> = {};
  for (const [path, name] of Object.entries(DOORS)) {
    exports[path] = `./${name}.js`;
    await writeFile(join(home, `${name}.js`), `export * from ${JSON.stringify(new URL(`${name}.ts`, lib).href)};\n`);
  }
  await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'isopod', type: 'module', exports }));
}
