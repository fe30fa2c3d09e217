/**
 * One isolate per thread with nothing but the kernel in it, made after a start when the thread is idle again. A function that
 * starts from its code cache takes it, and most of its start is done. No code of any function ran in it.
 */
import type { Restored } from './restore.ts';

/** Milliseconds after a start: a burst of them is not held up by blanks. */
const DELAY_MS = 20;

interface Blank {
  /** Of the kernel and the memory it was made for. */
  readonly kind: string;
  readonly restored: Restored;
}

export class Blanks {
  #ready: Blank | undefined;
  #timer: NodeJS.Timeout | undefined;

  get isReady(): boolean {
    return this.#ready !== undefined;
  }

  /** One will be made, unless there is one of its kind by then. */
  get isExpecting(): boolean {
    return this.#timer !== undefined;
  }

  /** Undefined when there is none of that kind. */
  take(kind: string): Restored | undefined {
    if (this.#ready?.kind !== kind) return undefined;
    const { restored } = this.#ready;
    this.#ready = undefined;
    return restored.isolate.isDisposed ? undefined : restored;
  }

  /** Another start of this kind may come: `make` is called in a while, unless one is ready. */
  expect(kind: string, make: () => Restored): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#ready?.kind === kind) return;
      this.#drop();
      try {
        this.#ready = { kind, restored: make() };
      } catch {
        // Without one, the next start takes its full time, and tells what is wrong.
      }
    }, DELAY_MS).unref();
  }

  #drop(): void {
    const blank = this.#ready;
    this.#ready = undefined;
    if (blank !== undefined && !blank.restored.isolate.isDisposed) blank.restored.isolate.dispose();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop();
  }
}
