/** Builds the package: the host compiled, the console's pages, the guest kernel, the web-standard globals and Node.js' modules as JavaScript. */
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { buildKernelSource } from '../lib/image/kernel.ts';
import { openApiText } from './openapi.ts';

const dist = new URL('../dist/', import.meta.url);
await rm(dist, { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit', shell: process.platform === 'win32' });
await mkdir(new URL('guest/web/', dist), { recursive: true });
await writeFile(new URL('guest/kernel.js', dist), await buildKernelSource());
await build({
  entryPoints: ['lib/guest/web/*.ts', 'lib/guest/node/*.ts']
    .flatMap((pattern) => globSync(pattern))
    .filter((path) => !path.endsWith('.d.ts')),
  outbase: 'lib/guest',
  outdir: 'dist/guest',
  format: 'esm',
  target: 'es2024',
  plugins: [
    {
      name: 'js-extensions',
      setup(of) {
        of.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          const { readFile } = await import('node:fs/promises');
          const text = await readFile(path, 'utf8');
          return { contents: text.replace(/((?:from|import) '\.\.?\/[\w/-]+)\.ts'/g, "$1.js'"), loader: 'ts' };
        });
      },
    },
  ],
});
await cp(new URL('../lib/console/', import.meta.url), new URL('console/', dist), { recursive: true });
await chmod(new URL('cli/main.js', dist), 0o755);
await writeFile(new URL('../docs/openapi.json', dist), openApiText());
