/**
 * Keeps the bundler inside a package that came from a stranger: no file of the host becomes part of a bundle, whether it is
 * named by its path, by way of a package's manifest or a tsconfig, or found in a folder above.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';

/** The packages our own library parts are made of, and what those need; they lie elsewhere. */
const OWN_PACKAGES =
  /[\\/]node_modules[\\/](@exodus[\\/]bytes|@pkgjs[\\/]parseargs|base64-js|buffer|ieee754|node-inspect-extracted|path-unified|punycode|readable-stream|safe-buffer|string_decoder|unenv|urlpattern-polyfill|web-streams-polyfill|whatwg-url-minimum)[\\/]/;

/** `root`: as the system writes it, without links. */
export function confinePlugin(root: string): Plugin {
  const isInside = (path: string): boolean => path === root || path.startsWith(root + sep);
  // Says the same of files that are there and of files that are not.
  const refused = (path: string): OnLoadResult => ({
    errors: [{ text: `Could not resolve "${path}": code can only import files of its own package` }],
  });
  return {
    name: 'isopod-confine',
    setup(build) {
      build.onResolve({ filter: /^(\/|\.\.?(\/|$))/ }, ({ path, namespace, importer, resolveDir }) => {
        if (namespace !== 'file' || !isInside(importer) || isInside(resolve(resolveDir, path))) return undefined;
        return { errors: refused(path).errors ?? [] };
      });
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) =>
        isInside(path) || OWN_PACKAGES.test(path) ? undefined : refused(path.slice(path.lastIndexOf(sep) + 1)),
      );
    },
  };
}

/** Backslashes may write the word in another way. */
const MAY_EXTEND = /extends|\\/;

/**
 * Whether a tsconfig of the package may name another one, wherever that lies: the bundler reads those itself, devices too, and
 * tells what it finds in them. Such a package is bundled without its tsconfigs.
 */
export async function hasChainedConfig(root: string): Promise<boolean> {
  for (const { name, parentPath } of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (name !== 'tsconfig.json' && name !== 'jsconfig.json') continue;
    const text = await readFile(join(parentPath, name), 'utf8').catch(() => 'extends');
    if (MAY_EXTEND.test(text)) return true;
  }
  return false;
}
