/** Puts a fresh process under attack, and ends it with all it started when it takes too long or too much memory. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Attack, NEEDS_CELL, type Tier } from './attacks.ts';
import type { Order } from './host.ts';
import { judge, type Observation, type Outcome } from './observation.ts';

/** Bytes the host process and all it started may hold together. */
const MAX_BYTES = 1_500_000_000;
/** Milliseconds between two looks at the memory. */
const LOOK_MS = 50;
/** Milliseconds everything may take, beside the calls themselves. */
const WALL_MS = 25_000;
/** Milliseconds, where the host is known to be lost in this tier. */
const SHORT_WALL_MS = 8_000;
const PAGE_BYTES = 4_096;

/** Memory of the processes of a group, in bytes. */
function groupBytes(group: number): number {
  let bytes = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // After state and parent comes the group; resident pages are field 24 of proc(5).
      if (Number(fields[2]) === group) bytes += Number(fields[21]) * PAGE_BYTES;
    } catch {
      // It ended meanwhile.
    }
  }
  return bytes;
}

/** `dataDir`: images are kept there, so that hosts that follow start sooner. */
export async function runAttack(attack: Attack, tier: Tier, dataDir: string): Promise<Outcome> {
  const [outcome] = await runAttacks([attack], tier, dataDir);
  return outcome as Outcome;
}

/** The same with several, one after the other, in one process. */
export function runAttacks(attacks: readonly Attack[], tier: Tier, dataDir: string): Promise<Outcome[]> {
  // What it may leak is in its environment. Made empty on the way: a test runner loads itself into what it starts otherwise,
  // and into a jailed cell, where that is not to be read.
  const env = ['NODE_CHANNEL_FD=3', 'NODE_CHANNEL_SERIALIZATION_MODE=advanced', 'SECRET=secret-of-the-host'];
  const host = fileURLToPath(new URL('./host.ts', import.meta.url));
  const child = spawn('/usr/bin/env', ['-i', ...env, process.execPath, '--no-warnings', host], {
    // Of its own group, which is ended as a whole.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const group = child.pid as number;
  let lost: string | undefined;
  const seen: Observation[] = [];
  let stderr = '';
  const end = (): void => {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  const give = (reason: string): void => {
    lost ??= reason;
    end();
  };
  let wallMs = 0;
  for (const { expected, calls, timeout } of attacks)
    wallMs += (expected[tier].includes(NEEDS_CELL) ? SHORT_WALL_MS : WALL_MS) + calls * timeout * 1_000;
  const wall = setTimeout(() => give(seen.length < attacks.length ? 'hung' : 'did not end by itself'), wallMs);
  const memory = setInterval(() => {
    if (groupBytes(group) > MAX_BYTES) give('too much memory');
  }, LOOK_MS);
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-1_000);
  });
  child.on('message', (message: Observation) => {
    seen.push(message);
  });
  child.send({ attacks, tier, dataDir } satisfies Order);
  return new Promise((resolve) => {
    // `close` waits for pipes its children may hold; `exit` does not.
    child.once('exit', (code, signal) => {
      clearTimeout(wall);
      clearInterval(memory);
      end();
      const crashed = `ended (${signal ?? `exit code ${code}`}) ${stderr.split('\n').find((line) => line.trim()) ?? ''}`;
      if (seen.length < attacks.length || code !== 0) lost ??= crashed.trim();
      resolve(attacks.map((attack, at) => judge(attack, tier, seen[at], lost)));
    });
    child.once('error', (error) => give(`could not be started: ${error.message}`));
  });
}
