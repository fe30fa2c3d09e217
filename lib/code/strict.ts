/**
 * ES modules are strict code, CommonJS modules are not unless they say so. A bundle is one function, so it is strict
 * when all its modules are; beside a sloppy one, ES modules become sloppy too, because packages that count on sloppy
 * code fail without it, and few modules notice that they are not strict.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Entry } from './bundle.ts';

const OWN_TEXT = 'isopod-text:';
/** Files that hold no code become ES modules. */
const noCode = /\.(json|txt|html|md|hbs|csv)$/;
const beforeCode = /\s+|\/\/.*|\/\*[\s\S]*?\*\//y;
const directive = /(['"])use strict\1/y;

/** Whether a directive comes first; comments are passed one by one, which a hostile text cannot make slow. */
function saysStrict(source: string): boolean {
  let at = 0;
  for (;;) {
    beforeCode.lastIndex = at;
    if (!beforeCode.test(source)) break;
    at = beforeCode.lastIndex;
  }
  directive.lastIndex = at;
  return directive.test(source);
}

export async function isStrict({ inputs, outputs }: Metafile, { root, text }: Entry): Promise<boolean> {
  const used = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  for (const [path, { bytesInOutput }] of used) {
    if (bytesInOutput === 0 || inputs[path]?.format === 'esm' || noCode.test(path)) continue;
    if (path.startsWith(OWN_TEXT)) {
      if (!saysStrict(text?.source ?? '')) return false;
    } else if (!path.startsWith('isopod-')) {
      if (!saysStrict(await readFile(join(root, path), 'utf8').catch(() => ''))) return false;
    }
  }
  return true;
}
