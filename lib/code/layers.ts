/** What a package holds of its layers, as code sees it: packages that are found by name, and files below /opt. */
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { OPT_FOLDER, OPT_ROOT } from './places.ts';

/** Where packages of layers are looked up when the function's own folder has none of the name. */
export const layerPackages = (root: string): string[] =>
  ['nodejs/node_modules', 'node_modules'].map((folder) => join(root, OPT_FOLDER, folder));

/** What the code imports by its place below /opt. */
export function layersPlugin(root: string): Plugin {
  return {
    name: 'isopod-layers',
    setup(build) {
      build.onResolve({ filter: /^\/opt\// }, ({ path, kind, pluginData }) => {
        if (pluginData === OPT_ROOT) return undefined;
        const inside = join(root, OPT_FOLDER, path.slice(OPT_ROOT.length));
        if (!inside.startsWith(join(root, OPT_FOLDER, '/'))) return undefined;
        return build.resolve(inside, { kind, resolveDir: root, pluginData: OPT_ROOT });
      });
    },
  };
}
