/**
 * Runs builds in a child process under a time and a memory limit. The child is kept a moment for the next build when
 * all went well, and killed at the first irregularity: builds never share a process that misbehaved.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BuildJob, BuildMessage } from './build-messages.ts';
import { ownV8Flags } from './v8-flags.ts';

export interface BuildLimits {
  /** Milliseconds a whole build may take; then the child is killed. */
  readonly wallMs: number;
  /** Bytes of memory the child may hold. */
  readonly memoryBytes: number;
}

/** How a build ended: every message up to there, and why it ended early if it did. */
export interface BuildTrace {
  readonly messages: readonly BuildMessage[];
  /** `crashed (SIGABRT)`, `took longer than ...`, `used more than ...`; undefined when it came to its end. */
  readonly broken: string | undefined;
}

const isSource = import.meta.url.endsWith('.ts');
const entry = fileURLToPath(
  new URL(isSource ? '../isolate/build-image.ts' : '../isolate/build-image.js', import.meta.url),
);
/** Milliseconds an idle child is kept. */
const KEEP_MS = 1_500;
/** Milliseconds between two looks at the child's memory. */
const LOOK_MS = 25;
/** Bytes of a page in /proc/<pid>/statm. */
const PAGE = 4_096;

export class Builder {
  readonly #limits: BuildLimits;
  #idle: ChildProcess | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #busy = new Set<ChildProcess>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(limits: BuildLimits) {
    this.#limits = limits;
  }

  /** One build after the other: they would only take each other's time. */
  build(job: BuildJob): Promise<BuildTrace> {
    const result = this.#last.then(() => this.#run(job));
    this.#last = result.catch(() => undefined);
    return result;
  }

  #run(job: BuildJob): Promise<BuildTrace> {
    if (this.#closed) return Promise.resolve({ messages: [], broken: 'was given up because the engine was closed' });
    const child = this.#take();
    return new Promise((resolve) => {
      const messages: BuildMessage[] = [];
      let reason: string | undefined;
      const end = (broken: string | undefined): void => {
        clearTimeout(wall);
        clearInterval(memory);
        child.removeAllListeners();
        this.#busy.delete(child);
        if (broken === undefined && messages.every(({ stage }) => stage !== 'refused')) this.#keep(child);
        else child.kill('SIGKILL');
        resolve({ messages, broken });
      };
      const kill = (why: string): void => {
        reason ??= why;
        child.kill('SIGKILL');
      };
      const wall = setTimeout(() => kill(`took longer than ${this.#limits.wallMs} ms`), this.#limits.wallMs);
      const memory = setInterval(() => {
        if (residentBytes(child.pid) > this.#limits.memoryBytes)
          kill(`used more than ${this.#limits.memoryBytes} bytes of memory`);
      }, LOOK_MS);
      child.on('message', (message: BuildMessage) => {
        messages.push(message);
        if (message.stage === 'done') end(undefined);
      });
      child.on('exit', (code, signal) => end(reason ?? `crashed (${signal ?? `exit code ${code}`})`));
      child.on('error', (error) => end(reason ?? `could not run: ${error.message}`));
      child.send(job, (error) => {
        if (error !== null) kill(`could not be told what to do: ${error.message}`);
      });
    });
  }

  #take(): ChildProcess {
    if (this.#idleTimer !== undefined) clearTimeout(this.#idleTimer);
    const child = this.#idle?.connected === true ? this.#idle : this.#start();
    this.#idle = undefined;
    child.ref();
    child.channel?.ref();
    this.#busy.add(child);
    return child;
  }

  #start(): ChildProcess {
    return fork(entry, {
      // The child sees nothing of this process's environment; it builds what strangers wrote.
      env: {},
      execArgv: [...ownV8Flags(), '--no-warnings', '--max-old-space-size=512'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  #keep(child: ChildProcess): void {
    if (this.#closed || this.#idle !== undefined) {
      child.kill('SIGKILL');
      return;
    }
    this.#idle = child;
    child.unref();
    child.channel?.unref();
    this.#idleTimer = setTimeout(() => this.#drop(), KEEP_MS).unref();
  }

  #drop(): void {
    this.#idle?.kill('SIGKILL');
    this.#idle = undefined;
  }

  close(): void {
    this.#closed = true;
    if (this.#idleTimer !== undefined) clearTimeout(this.#idleTimer);
    this.#drop();
    for (const child of this.#busy) child.kill('SIGKILL');
  }
}

/** Memory of a process by Linux's /proc; 0 where there is none, and only the time limit holds. */
function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE;
  } catch {
    return 0;
  }
}
