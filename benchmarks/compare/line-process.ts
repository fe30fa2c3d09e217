/**
 * A runtime in a child process that hosts functions in workers of its own, spoken to in lines of JSON over its pipes:
 * `{ f, code }` starts a function, `{ f, i, e }` calls it, `{ f }` ends it; `{ i, r }` or `{ i, x }` come back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class LineProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  /** Lines of this turn, written together. */
  #lines = '';
  #said = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (data) => {
      this.#said = `${this.#said}${data}`.slice(-500);
    });
    this.#child.stdin?.on('error', () => undefined);
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => this.#answer(line));
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process ended with ${code ?? signal}: ${this.#said.trim()}`));
      this.#waiting.clear();
    });
  }

  #answer(line: string): void {
    const { i, r, x } = JSON.parse(line) as { i: number; r?: unknown; x?: string };
    const waiting = this.#waiting.get(i);
    this.#waiting.delete(i);
    if (x === undefined) waiting?.resolve(r);
    else waiting?.reject(new Error(x));
  }

  send(message: object): void {
    if (this.#lines === '')
      queueMicrotask(() => {
        this.#child.stdin?.write(this.#lines);
        this.#lines = '';
      });
    this.#lines += `${JSON.stringify(message)}\n`;
  }

  call(f: number, e: unknown): Promise<unknown> {
    const i = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(i, { resolve, reject });
      this.send({ f, i, e });
    });
  }

  get gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(): Promise<void> {
    if (this.gone) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
