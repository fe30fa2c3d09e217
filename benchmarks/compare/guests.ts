/** The guest functions, bundled once per process: the same script for every peer, as a classic script and as a module. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

export interface Guest {
  readonly name: string;
  /** Sets `globalThis.handler`. */
  readonly script: string;
  /** Exports `handler`. */
  readonly module: string;
  readonly event: unknown;
  /** Returns a promise, and needs what is named. */
  readonly needs: 'timers' | 'fetch' | undefined;
}

const items = Array.from({ length: 10 }, (_, at) => ({ name: `Lamp ${at}`, price: at * 3, sold: at % 2 === 0 }));
const text = `# Title\n\nSome *words*, \`code\` and a [link](https://example.com).\n\n${'- item **one**\n- item two\n\n'.repeat(10)}`;
const rows = Array.from({ length: 1_000 }, (_, at) => ({ id: at, name: `row number ${at}`, note: 'x'.repeat(58) }));

const events: Readonly<Record<string, unknown>> = {
  tiny: { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] },
  template: { title: 'Offers', items },
  validation: { id: 1, email: 'ada@example.com', items },
  markdown: { text },
  cpu: { limit: 100_000 },
  allocation: { count: 3_000 },
  payload: { rows },
  timers: { ms: 1 },
  fetch: { url: '' },
  // Harmless; the harmful one is not for warm-ups.
  loop: { id: 0 },
};

/** Those that are timed; `loop` and `bomb` are for containment. */
export const timed = ['tiny', 'template', 'validation', 'markdown', 'cpu', 'allocation', 'payload', 'timers', 'fetch'];
/** Those whose cold start says something: nothing to load, and three packages. */
export const started = ['tiny', 'template', 'validation', 'markdown'];

const folder = fileURLToPath(new URL('functions/', import.meta.url));

/** `event`: instead of the usual one. */
export async function guest(name: string, event = events[name]): Promise<Guest> {
  const bundle = async (format: 'iife' | 'esm'): Promise<string> => {
    const { outputFiles } = await build({
      entryPoints: [join(folder, `${name}.js`)],
      bundle: true,
      write: false,
      format,
      globalName: '__guest',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import', 'require', 'default'],
      target: 'es2022',
      alias: { 'source-map': 'path' },
      external: ['fs', 'path'],
      logLevel: 'error',
    });
    return outputFiles[0]?.text ?? '';
  };
  const script = await bundle('iife');
  const module = await bundle('esm');
  // Its process would count as the peer's.
  await stop();
  return {
    name,
    script: `${script}\nglobalThis.handler = __guest.handler;\n`,
    module,
    event,
    needs: name === 'timers' ? 'timers' : name === 'fetch' ? 'fetch' : undefined,
  };
}

/** Files for peers that load code from them, one per name and content; gone when the process ends. */
const files = mkdtempSync(join(tmpdir(), 'isopod-compare-'));
process.on('exit', () => rmSync(files, { recursive: true, force: true }));

export const tempFolder = files;

export function inFile(name: string, content: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const file = join(files, `${hash}-${name}`);
  writeFileSync(file, content);
  return file;
}
