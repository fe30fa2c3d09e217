/** The real command, run as a child process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly bytes: Buffer;
  readonly out: string;
  readonly err: string;
}

export function launch(...args: string[]): ChildProcessWithoutNullStreams {
  const { FORCE_COLOR: _, ...env } = process.env;
  return spawn(process.execPath, ['lib/cli/main.ts', ...args], { env });
}

/** Runs to the end; `input` goes to standard input. */
export async function isopod(args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  const child = launch(...args);
  child.stdin.on('error', () => undefined).end(input);
  const [bytes, err, [code]] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, bytes, out: bytes.toString(), err: err.toString() };
}

/** The address `isopod start` serves on, once it does. Rejects with what it printed when it ends before. */
export async function address(child: ChildProcessWithoutNullStreams): Promise<string> {
  let out = '';
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    out += text;
    const found = /Serving on (http:\/\/\S+)\. Try:.*Ctrl\+C/s.exec(out)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`It ended instead of serving:\n${out}${err}`);
}
