/** The child process of a cell and the pipe to it: frames out, frames in, and what the system says of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ownV8Flags } from '../image/v8-flags.ts';
import { Decoder, encode, type Frame } from './frames.ts';
import { permissionFlags } from './jail.ts';
import { JAILED } from './messages.ts';

const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));
/** Characters kept of what the process says on its error output, for the log. */
const MAX_STDERR = 2_048;
const PAGE_BYTES = 4_096;
/** Linux tells processor time in hundredths of a second, whatever the machine. */
const TICK_MS = 10;
/** One thread that collects garbage and compiles beside the guest: a cell is not to take more processors than its function does. */
const POOL_SIZE = '--v8-pool-size=1';
/** Nice value of a process that is to leave the processor to others: a tenth of the share of one at 0. */
const YIELDING = 10;

export interface ProcessEvents {
  heard(frames: readonly Frame[]): void;
  /** The pipe carried what is no frame. */
  broken(reason: string): void;
  /** The process ended. */
  ended(reason: string): void;
}

export class CellProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  /** The program started is only the parent of Node's process. */
  readonly #forks: boolean;
  #pid: number | undefined;
  readonly #decoder = new Decoder();
  /** The end of what it said on its error output. */
  stderr = '';

  /** `jail`: what goes before Node's command line, for a cell that is locked in. */
  constructor(events: ProcessEvents, jail: readonly string[] | undefined) {
    // It sees nothing of this process's environment: it runs what strangers wrote.
    const node = [process.execPath, ...ownV8Flags(), POOL_SIZE, '--no-warnings'];
    const command = jail === undefined ? [...node, entry] : [...jail, ...node, ...permissionFlags(), entry, JAILED];
    this.#forks = jail?.[0]?.endsWith('unshare') === true;
    this.#child = spawn(command[0] as string, command.slice(1), {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#pipe = this.#child.stdio[3] as unknown as Socket;
    this.#pipe.on('data', (chunk: Buffer) => {
      let frames: Frame[];
      try {
        frames = this.#decoder.push(chunk);
      } catch (error) {
        return events.broken((error as Error).message);
      }
      events.heard(frames);
    });
    // Most often the process has ended, which is about to be told.
    this.#pipe.on('error', () => this.#child.kill('SIGKILL'));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('utf8')).slice(-MAX_STDERR);
    });
    this.#child.on('error', (error) => events.ended(`could not be started: ${error.message}`));
    // `close` comes after the last of its error output; `exit` may come before.
    this.#child.on('close', (code, signal) => events.ended(`ended (${signal ?? `exit code ${code}`})`));
    this.#volunteer();
    this.rest();
  }

  /** Of Node's process; undefined before it has begun. */
  get pid(): number | undefined {
    const { pid } = this.#child;
    if (!this.#forks || pid === undefined) return pid;
    this.#pid ??= childOf(pid);
    return this.#pid;
  }

  /** Bytes of memory the process holds; 0 where that cannot be seen. */
  get residentBytes(): number {
    try {
      return Number(readFileSync(`/proc/${this.pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
    } catch {
      return 0;
    }
  }

  /** Milliseconds its main thread, on which guests run, has computed so far; undefined where that cannot be seen. */
  get cpuMs(): number | undefined {
    const { pid } = this;
    try {
      const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
      // After the name in parentheses the state is field 3 of proc(5); user and system time are fields 14 and 15.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    } catch {
      return undefined;
    }
  }

  /** When the machine has no memory left, the system should take a cell before its engine. */
  #volunteer(): void {
    // What the process starts has it from there.
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
    } catch {
      // Not Linux, or not allowed: the cell is as likely as others.
    }
  }

  /** From now on others go first. For good: taking it back needs rights an engine may not have. */
  yield(): void {
    try {
      // Linux has a nice value for each thread; those that collect garbage compute beside the guest.
      for (const thread of readdirSync(`/proc/${this.pid}/task`)) setPriority(Number(thread), YIELDING);
    } catch {
      // It has ended, may not be told, or this is not Linux.
    }
  }

  write(value: unknown, further?: Uint8Array): void {
    this.#pipe.write(encode(value, further));
  }

  /** Awaited answers keep the engine's process alive. */
  work(): void {
    this.#child.ref();
    this.#pipe.ref();
  }

  /** An idle cell does not. */
  rest(): void {
    this.#child.unref();
    this.#pipe.unref();
    (this.#child.stderr as Socket | null)?.unref();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.#pipe.destroy();
  }
}

function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch {
    return undefined;
  }
}
