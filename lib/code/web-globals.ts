/**
 * Web-standard classes for bundles that use them. An isolate has only the language; a module that mentions `Response`
 * gets ours bundled in, one that does not pays nothing.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const folder = fileURLToPath(new URL('../guest/web/', import.meta.url));
const loader = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** A namespace of its own, so that no path of this machine gets into a bundle. */
const namespace = 'isopod-web';
/** What esbuild injects; every export of it that a bundle mentions. */
export const WEB_GLOBALS = 'isopod:web-globals';

/** Nothing here acts by being loaded, so whatever a bundle does not mention is left out of it. */
const inert = { sideEffects: false } as const;

export const webGlobalsPlugin: Plugin = {
  name: 'isopod-web-globals',
  setup(build) {
    build.onResolve({ filter: /^isopod:web-globals$/ }, () => ({ path: 'globals', namespace, ...inert }));
    build.onResolve({ filter: /^isopod:fetch-handler$/ }, () => ({ path: 'fetch-handler', namespace, ...inert }));
    build.onResolve({ filter: /^\.\//, namespace }, ({ path }) => ({
      path: path.replace(/^\.\/|\.[tj]s$/g, ''),
      namespace,
      ...inert,
    }));
    build.onResolve({ filter: /^whatwg-url-minimum$/, namespace }, async ({ path, kind, pluginData }) => {
      if (pluginData === 'looked') return undefined;
      const found = await build.resolve(path, { kind, resolveDir: folder, pluginData: 'looked' });
      return { path: found.path, errors: found.errors, ...inert };
    });
    build.onLoad({ filter: /.*/, namespace }, async ({ path }) => ({
      contents: await readFile(`${folder}${path}.${loader}`, 'utf8'),
      loader,
      resolveDir: folder,
    }));
  },
};
