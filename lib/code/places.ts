/** `__dirname`, `__filename` and `import.meta` of each file: where it lies in the isolate, which is below /code. */
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { Loader, Plugin } from 'esbuild';

/** Where the function's package lies in an isolate. */
export const CODE_ROOT = '/code';
/** Where the files of its layers lie in an isolate, and in the package they were put into. */
export const OPT_ROOT = '/opt';
export const OPT_FOLDER = '.opt';
const NAME = '__isopod_place';

/** Whether a bundle made without places mentions one. */
export const mentionsPlaces = (script: string): boolean =>
  /\b__(dirname|filename)\b|\bimport_meta\d*=\{\}|\bimport\.meta\b/.test(script);

/** esbuild's `define`; it leaves names alone that a file declares itself. */
export const PLACE_NAMES: Readonly<Record<string, string>> = {
  __dirname: `${NAME}.dirname`,
  __filename: `${NAME}.filename`,
  'import.meta': NAME,
};

/** The text of a file that lies at `path` inside the package, with its place declared in its first line. */
export function withPlace(text: string, path: string, isEntry: boolean): string {
  if (!/\b__dirname\b|\b__filename\b|\bimport\s*\.\s*meta\b/.test(text)) return text;
  const isOpt = path.startsWith(`${OPT_FOLDER}/`);
  const filename = isOpt ? `${OPT_ROOT}/${path.slice(OPT_FOLDER.length + 1)}` : `${CODE_ROOT}/${path}`;
  const place = {
    url: `file://${filename.split('/').map(encodeURIComponent).join('/')}`,
    filename,
    dirname: filename.slice(0, filename.lastIndexOf('/')),
    main: isEntry,
  };
  const strict = /^\s*(['"])use strict\1/.test(text) ? '"use strict";' : '';
  return `${strict}var ${NAME}=${JSON.stringify(place)};${text}`;
}

/** Path of a file inside the package, with slashes; of packages that lie elsewhere, from `node_modules` on. */
function insideOf(root: string, path: string): string {
  const inside = relative(root, path).split(sep).join('/');
  if (!inside.startsWith('../')) return inside;
  const packages = inside.lastIndexOf('node_modules/');
  return packages < 0 ? inside.slice(inside.lastIndexOf('/') + 1) : inside.slice(packages);
}

const loaders: Readonly<Record<string, Loader>> = { ts: 'ts', mts: 'ts', cts: 'ts', tsx: 'tsx', jsx: 'jsx' };

export function placesPlugin(root: string, entryFile: string | undefined): Plugin {
  return {
    name: 'isopod-places',
    setup(build) {
      build.onLoad({ filter: /\.[mc]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8').catch(() => undefined);
        if (text === undefined || text.startsWith('#!')) return undefined;
        const inside = insideOf(root, path);
        const contents = withPlace(text, inside, inside === entryFile);
        if (contents === text) return undefined;
        return { contents, loader: loaders[path.slice(path.lastIndexOf('.') + 1)] ?? 'js' };
      });
    },
  };
}
