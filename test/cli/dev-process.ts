/** The command `isopod dev`, its output as far as it has come, and calls of what it serves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { Test } from 'tap';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface WatchedDev {
  readonly child: ChildProcess;
  readonly base: string;
  /** Resolves with what was found in output that comes, or has come, after what was found before. */
  seen(wanted: RegExp): Promise<RegExpExecArray>;
  call(name: string, event?: unknown): Promise<string>;
}

export async function watchedDev(t: Test, dir: string, ...args: string[]): Promise<WatchedDev> {
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(process.execPath, ['lib/cli/main.ts', 'dev', dir, '--port', '0', ...args], { env, cwd: root });
  t.teardown(() => child.kill('SIGKILL'));
  let out = '';
  const more = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += stripVTControlCharacters(text);
      more.dispatchEvent(new Event('more'));
    });
  }
  child.on('exit', () => more.dispatchEvent(new Event('more')));
  let from = 0;
  const seen = async (wanted: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = wanted.exec(out.slice(from));
      if (found !== null) {
        from += found.index + found[0].length;
        return found;
      }
      if (child.exitCode !== null) throw new Error(`It ended: ${out}`);
      await once(more as never, 'more');
    }
  };
  const [, base = ''] = await seen(/Console (http:\/\/\S+)\/console/);
  const call = async (name: string, event: unknown = { name: 'Ada' }): Promise<string> => {
    const path = `${base}/2023-03-30/functions/${name}/invocations`;
    return (await fetch(path, { method: 'POST', body: JSON.stringify(event) })).text();
  };
  return { child, base, seen, call };
}
