/**
 * Web-standard classes for bundles that use them. An isolate has only the language; a module that mentions `Response`
 * gets ours bundled in, one that does not pays nothing.
 */
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const folder = fileURLToPath(new URL('../guest/web/', import.meta.url));

let inject: Promise<string[]> | undefined;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

async function injected(): Promise<string[]> {
  const file = `${folder}globals.${extension}`;
  return access(file).then(
    () => [file],
    () => [],
  );
}

export async function webGlobals(): Promise<Plugin> {
  inject ??= injected();
  const files = await inject;
  return {
    name: 'isopod-web-globals',
    setup(build) {
      build.initialOptions.inject = [...(build.initialOptions.inject ?? []), ...files];
      // Nothing here acts by being loaded, so whatever a bundle does not mention is left out of it.
      build.onResolve({ filter: /guest\/web\/globals\.[tj]s$|^whatwg-url-minimum$|^\.\/\w+\.[tj]s$/ }, async (args) => {
        if (args.pluginData === 'looked' || !(args.importer.startsWith(folder) || args.path.startsWith(folder)))
          return undefined;
        const { kind, importer, resolveDir } = args;
        const found = await build.resolve(args.path, { kind, importer, resolveDir, pluginData: 'looked' });
        return { path: found.path, errors: found.errors, sideEffects: false };
      });
      build.onResolve({ filter: /^isopod:fetch-handler$/ }, () => ({ path: `${folder}fetch-handler.${extension}` }));
    },
  };
}
