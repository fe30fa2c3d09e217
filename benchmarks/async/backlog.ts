/** A backlog of a million events: taking it in, what it needs, starting on it again after a kill, working it off. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Rows } from '../suite.ts';

const script = fileURLToPath(new URL('./backlog-process.ts', import.meta.url));

export type Facts = Readonly<Record<string, number>>;

/** Runs a step in a process of its own; resolves with what it found. It is killed afterwards, as a crash would. */
async function step(...args: readonly string[]): Promise<Facts> {
  const child = spawn(process.execPath, ['--no-warnings', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    return JSON.parse(line) as Facts;
  }
  throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
}

export async function backlog(onDisk: boolean, quick: boolean): Promise<Rows> {
  const count = quick ? 20_000 : 1_000_000;
  const name = `backlog of ${count.toLocaleString('en')} ${onDisk ? 'on disk' : 'in memory'}`;
  const folder = mkdtempSync(join(tmpdir(), 'isopod-bench-'));
  try {
    const facts = onDisk
      ? { ...(await step('fill', folder, String(count))), ...(await step('recover', folder, String(count))) }
      : await step('memory', '', String(count));
    return Object.fromEntries(Object.entries(facts).map(([what, value]) => [`${name}: ${what}`, [value]]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
