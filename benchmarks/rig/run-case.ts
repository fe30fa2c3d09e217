/** Runs one case in a fresh process and tells what it measured, what it failed with, and how quiet the machine was. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Rows, Suite } from '../suite.ts';
import { load, watchOthers } from './machine.ts';
import type { Run } from './result.ts';

export interface CaseOptions {
  readonly quick: boolean;
  /** Checkout whose engine is measured; default: this one. */
  readonly checkout?: string | undefined;
  /** Folder that gets the CPU profiles of the case's threads. */
  readonly profileFolder?: string | undefined;
}

const here = fileURLToPath(new URL('../../', import.meta.url));

export async function runCase(suite: Suite, name: string, round: number, options: CaseOptions): Promise<Run> {
  const { quick, checkout = here, profileFolder } = options;
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const file = `${checkout}/benchmarks/rig/case.ts`;
  const args = ['--expose-gc', '--no-warnings', ...profile, file, suite.name, name, quick ? 'quick' : 'full'];
  const others = watchOthers();
  const began = performance.now();
  const loadBefore = load();
  const { stdout, failure } = await new Promise<{ stdout: string; failure: string | undefined }>((resolve) => {
    // A group of its own: whatever a case started ends with it.
    const limits = { maxBuffer: 100_000_000, timeout: suite.caseTimeoutMs ?? 300_000, killSignal: 'SIGKILL' as const };
    const settings = { ...limits, cwd: checkout, detached: true };
    const child = execFile(process.execPath, args, settings, (error, stdout, stderr) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      killGroup(child.pid);
      resolve({ stdout, failure: error === null ? undefined : whatFailed(error, stderr) });
    });
    const stop = (): void => {
      killGroup(child.pid);
      process.exit(130);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
  const busy = others();
  const rows = failure === undefined ? (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Rows) : {};
  return {
    case: name,
    round,
    seconds: Number(((performance.now() - began) / 1_000).toFixed(2)),
    load: loadBefore,
    others: busy === undefined ? undefined : Number(busy.toFixed(3)),
    rows,
    failure,
  };
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

/** The line of stderr that names the error, or the last one, after how the process ended. */
function whatFailed(error: Error & { killed?: boolean; signal?: unknown; code?: unknown }, stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.find((line) => /^(\w*Error|Uncaught|FATAL)/.test(line.trim())) ?? lines.at(-1) ?? error.message;
  const ended = error.killed === true ? 'took too long' : `ended with ${error.signal ?? error.code}`;
  return `${ended}: ${said.trim().slice(0, 300)}`;
}
