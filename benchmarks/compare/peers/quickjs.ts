/** quickjs-emscripten: another JavaScript engine, compiled to WebAssembly. */
import type { Guest } from '../guests.ts';
import { type Limits, load, type Peer, USUAL } from '../peer.ts';

interface Handle {
  dispose(): void;
}
interface Context {
  evalCode(code: string): unknown;
  unwrapResult(result: unknown): Handle;
  callFunction(run: Handle, self: Handle, ...args: Handle[]): unknown;
  newString(text: string): Handle;
  getString(handle: Handle): string;
  getNumber(handle: Handle): number;
  newFunction(name: string, run: (...args: Handle[]) => Handle | undefined): Handle;
  newPromise(): { handle: Handle; resolve(value: Handle): void; settled: Promise<void> };
  resolvePromise(handle: Handle): Promise<unknown>;
  setProp(target: Handle, name: string, value: Handle): void;
  readonly global: Handle;
  readonly undefined: Handle;
  dispose(): void;
}
interface Runtime {
  newContext(): Context;
  setMemoryLimit(bytes: number): void;
  setMaxStackSize(bytes: number): void;
  setInterruptHandler(check: () => boolean): void;
  executePendingJobs(): unknown;
  dispose(): void;
}
interface QuickJs {
  getQuickJS(): Promise<{ newRuntime(): Runtime }>;
}

const globals = `
globalThis.setTimeout = (run, ms) => void wait(ms).then(() => run());
globalThis.fetch = async (url) => {
  const { status, text } = JSON.parse(await get(url));
  return { status, text: async () => text, json: async () => JSON.parse(text) };
};`;

/** One function in a runtime of its own. */
class Instance {
  readonly #runtime: Runtime;
  readonly #context: Context;
  readonly #call: Handle;
  readonly #limits: Limits;
  #deadline = 0;

  constructor(runtime: Runtime, guest: Guest, limits: Limits) {
    this.#runtime = runtime;
    this.#limits = limits;
    runtime.setMemoryLimit(limits.memoryMB * 2 ** 20);
    runtime.setMaxStackSize(2 ** 19);
    runtime.setInterruptHandler(() => performance.now() > this.#deadline);
    this.#context = runtime.newContext();
    this.#deadline = performance.now() + 60_000;
    this.#eval('globalThis.console = { log() {}, warn() {}, error() {} }').dispose();
    if (guest.needs !== undefined) this.#giveGlobals();
    this.#eval(guest.script).dispose();
    const reply = guest.needs === undefined ? 'JSON.stringify(r)' : 'r.then(JSON.stringify)';
    this.#call = this.#eval(`(text) => { const r = handler(JSON.parse(text)); return ${reply}; }`);
  }

  #eval(code: string): Handle {
    return this.#context.unwrapResult(this.#context.evalCode(code));
  }

  #giveGlobals(): void {
    const context = this.#context;
    const give = (name: string, run: (argument: Handle) => Promise<Handle>): void => {
      const made = context.newFunction(name, (argument) => {
        const promise = context.newPromise();
        void run(argument as Handle).then((value) => promise.resolve(value));
        void promise.settled.then(() => this.#runtime.executePendingJobs());
        return promise.handle;
      });
      context.setProp(context.global, name, made);
      made.dispose();
    };
    give('wait', async (ms) => {
      const time = context.getNumber(ms);
      await new Promise((resolve) => setTimeout(resolve, time));
      return context.undefined;
    });
    give('get', async (url) => {
      const response = await fetch(context.getString(url));
      return context.newString(JSON.stringify({ status: response.status, text: await response.text() }));
    });
    this.#eval(globals).dispose();
  }

  /** The result's handle, a promise's where the guest returns one. */
  #run(event: unknown): Handle {
    const context = this.#context;
    const text = context.newString(JSON.stringify(event));
    this.#deadline = performance.now() + this.#limits.timeoutMs;
    const result = context.unwrapResult(context.callFunction(this.#call, context.undefined, text));
    text.dispose();
    return result;
  }

  #take(handle: Handle): unknown {
    const value: unknown = JSON.parse(this.#context.getString(handle));
    handle.dispose();
    return value;
  }

  call(event: unknown): unknown {
    return this.#take(this.#run(event));
  }

  async callAsync(event: unknown): Promise<unknown> {
    const promise = this.#run(event);
    const settled = this.#context.resolvePromise(promise);
    promise.dispose();
    this.#runtime.executePendingJobs();
    return this.#take(this.#context.unwrapResult(await settled));
  }

  dispose(): void {
    this.#call.dispose();
    this.#context.dispose();
    this.#runtime.dispose();
  }
}

export const quickjs: Peer = {
  title: 'quickjs-emscripten',
  package: 'quickjs-emscripten',
  boundary: 'another engine in WebAssembly, in the program',
  isolates: true,
  settings: 'a runtime per function with memory limit, stack limit and interrupt handler; JSON text in and out',
  start: async () => {
    const engine = await (await load<QuickJs>('quickjs-emscripten')).getQuickJS();
    return {
      async deploy(guest, limits = USUAL) {
        let instance: Instance | undefined;
        return {
          call: (event) => {
            instance ??= new Instance(engine.newRuntime(), guest, limits);
            return guest.needs === undefined ? instance.call(event) : instance.callAsync(event);
          },
          close: () => {
            instance?.dispose();
            instance = undefined;
          },
        };
      },
      close: async () => undefined,
    };
  },
};
