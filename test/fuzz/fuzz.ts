/** Runs a host that is fuzzed, and finds out what it made of it, its end among that. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FuzzNews, FuzzOrder } from './host.ts';

export const KINDS = ['thread', 'process', 'frames', 'images'] as const;

export interface Finding {
  readonly kind: string;
  /** Makes the same round again. */
  readonly seed: number;
  readonly problem: string;
}

export interface FuzzReport {
  /** Rounds made, by kind. */
  readonly rounds: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Milliseconds a round may take, on a machine that has other work, too. */
const ROUND_MS = 60_000;

export function fuzz(order: FuzzOrder): Promise<FuzzReport> {
  const host = fileURLToPath(new URL('./host.ts', import.meta.url));
  const env = ['NODE_CHANNEL_FD=3', 'NODE_CHANNEL_SERIALIZATION_MODE=advanced'];
  // Made empty on the way: a test runner would load itself into what it starts.
  const child = spawn('/usr/bin/env', ['-i', ...env, process.execPath, '--no-warnings', host], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    serialization: 'advanced',
    detached: true,
  });
  const rounds: Record<string, number> = {};
  const findings: Finding[] = [];
  let stderr = '';
  let current = { kind: 'start', seed: order.seed };
  let overdue = '';
  const end = (): void => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  const timer = setTimeout(() => {
    overdue = 'it hung';
    end();
  }, ROUND_MS);
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-4_000);
  });
  child.on('message', (news: FuzzNews) => {
    timer.refresh();
    if ('begins' in news) {
      current = { kind: news.begins, seed: news.seed };
      return;
    }
    rounds[news.ended] = (rounds[news.ended] ?? 0) + 1;
    if (news.problem !== undefined) findings.push({ kind: news.ended, seed: news.seed, problem: news.problem });
  });
  child.send(order);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      end();
      if (code !== 0)
        findings.push({ ...current, problem: `the host was lost: ${overdue || (signal ?? code)}\n${stderr}` });
      resolve({ rounds, findings });
    });
  });
}
