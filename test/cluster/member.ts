/** An engine of a cluster as a process of its own, that does what it is asked; and the side that asks. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine, type EngineOptions, IsopodError } from '../../lib/index.ts';

interface Question {
  readonly no: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly no: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Looks again and again until it is so. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export class Member {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #no = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ no, result, error }: Answer) => {
      const asked = this.#asked.get(no);
      this.#asked.delete(no);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(IsopodError.fromRecord(error as Parameters<typeof IsopodError.fromRecord>[0]));
    });
    child.on('exit', () => {
      for (const { reject } of this.#asked.values()) reject(new Error('the engine was killed'));
    });
  }

  static async start(options: EngineOptions): Promise<Member> {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], { stdio: 'inherit' });
    const [{ failed }] = (await once(child, 'message')) as [{ readonly failed?: string }];
    if (failed !== undefined) throw new Error(failed);
    return new Member(child);
  }

  /** Calls a method of the engine there. */
  ask(method: keyof Engine & string, ...args: readonly unknown[]): Promise<unknown> {
    const no = ++this.#no;
    const asked = Promise.withResolvers<unknown>();
    this.#asked.set(no, asked);
    this.#child.send({ no, method, args } satisfies Question, () => undefined);
    return asked.promise;
  }

  /** As a machine does that loses its power. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Runs in the child. */
async function serve(options: EngineOptions): Promise<void> {
  const engine = await createEngine(options);
  process.send?.({});
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ no, method, args }: Question) => {
    try {
      const of = engine as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
      process.send?.({ no, result: await of[method]?.(...args) });
    } catch (error) {
      process.send?.({
        no,
        error: error instanceof IsopodError ? error.toJSON() : { code: 'InternalError', message: `${error}` },
      });
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  serve(JSON.parse(process.argv[2] as string) as EngineOptions).catch((error: unknown) => {
    process.send?.({ failed: String(error) });
    process.exit(1);
  });
}
