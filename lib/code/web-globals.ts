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
      build.onResolve({ filter: /^isopod:fetch-handler$/ }, () => ({ path: `${folder}fetch-handler.${extension}` }));
    },
  };
}
