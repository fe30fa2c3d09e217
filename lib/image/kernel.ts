/** The guest kernel as one script: bundled from lib/guest when run from source, shipped ready-made in the package. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KERNEL_FILE } from '../protocol/door.ts';

export interface Kernel {
  /** The script; it defines one constant, `name`. */
  readonly script: string;
  /** Global constant the kernel is kept under. Not enumerable by any means the language has. */
  readonly name: string;
  /** SHA-256 of the script. */
  readonly hash: string;
}

export const isSource: boolean = import.meta.url.endsWith('.ts');

/** Bundles lib/guest/kernel.ts into an expression. Used from source, and by the package build. */
export async function buildKernelSource(): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../guest/kernel.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kernel',
    target: 'es2024',
    charset: 'utf8',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error('esbuild gave no kernel');
  return text;
}

let loaded: Promise<Kernel> | undefined;

/** The kernel of this copy of the package; read or bundled once per process. */
export function loadKernel(): Promise<Kernel> {
  loaded ??= (async () => {
    const text = isSource
      ? await buildKernelSource()
      : await readFile(new URL('../guest/kernel.js', import.meta.url), 'utf8');
    return kernelFrom(text);
  })();
  return loaded;
}

function kernelFrom(text: string): Kernel {
  const hash = createHash('sha256').update(text).digest('hex');
  const name = `__isopod_${hash.slice(0, 12)}`;
  const script = `const ${name} = (() => {'use strict';${text}\nreturn Object.freeze({__proto__: null, load: kernel.load, open: kernel.open, takeDoor: kernel.takeDoor, isIntact: kernel.isIntact});})();`;
  return { script, name, hash: createHash('sha256').update(script).digest('hex') };
}

/** The script that brings a function's module into an isolate that has the kernel; it gives the door. */
export function openScript(kernelName: string, moduleScript: string, record = false): string {
  return `${kernelName}.open(${moduleScript}\n, ${record});`;
}

/** The script that evaluates a module for a snapshot. */
export function loadScript(kernelName: string, moduleScript: string): string {
  return `${kernelName}.load(${moduleScript}\n);`;
}

export { KERNEL_FILE };
