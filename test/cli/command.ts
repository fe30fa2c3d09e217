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
