/** Tried out inside a cell before it hosts anything: what code that has left its isolate could do here. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a cell may be able to do, and what keeps a jailed one from it. */
export const POWERS = {
  'read files': "Node's permission model",
  'write files': "Node's permission model",
  'start programs': "Node's permission model",
  'reach the network': 'a network namespace (unshare, and user namespaces allowed by the system)',
  'see other processes': 'a process namespace (unshare, and user namespaces allowed by the system)',
  'read environment variables': 'an empty environment',
} as const;
export type Power = keyof typeof POWERS;

const succeeds = (attempt: () => unknown): boolean => {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
};

function writes(): boolean {
  const path = join(tmpdir(), `isopod-confinement-${process.pid}`);
  if (!succeeds(() => writeFileSync(path, ''))) return false;
  succeeds(() => rmSync(path));
  return true;
}

/** A refused connection has reached a network; one without a network fails otherwise. */
function reachesNetwork(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const socket = connect({ host: '127.0.0.1', port: 9, timeout: 1_000 });
      const end = (reached: boolean): void => {
        socket.destroy();
        resolve(reached);
      };
      socket.on('connect', () => end(true));
      socket.on('timeout', () => end(true));
      socket.on('error', ({ code }: NodeJS.ErrnoException) =>
        end(code !== 'ENETUNREACH' && code !== 'ERR_ACCESS_DENIED'),
      );
    } catch {
      resolve(false);
    }
  });
}

/** The powers this process has. */
export async function openPowers(): Promise<Power[]> {
  const has: Record<Power, boolean> = {
    'read files': succeeds(() => readFileSync('/proc/self/status')) || succeeds(() => readFileSync('/etc/passwd')),
    'write files': writes(),
    'start programs': succeeds(() => {
      const { error } = spawnSync(process.execPath, ['--version']);
      if (error !== undefined) throw error;
    }),
    'reach the network': await reachesNetwork(),
    // The first process of a namespace of its own has no parent in it.
    'see other processes': process.ppid !== 0,
    'read environment variables': Object.keys(process.env).length > 0,
  };
  return (Object.keys(has) as Power[]).filter((power) => has[power]);
}
