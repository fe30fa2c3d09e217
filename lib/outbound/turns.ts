/** So many at once; the others wait in line, first come first served. */
export interface Turn {
  /** Resolves when it has come. */
  readonly ready: Promise<void>;
  /** To be called once, whether it came or not. */
  release(): void;
}

export class Turns {
  readonly #line = new Set<() => void>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  take(): Turn {
    if (this.#free > 0) {
      this.#free--;
      return { ready: Promise.resolve(), release: () => this.#pass() };
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#line.add(resolve);
    return {
      ready: promise,
      release: () => {
        if (!this.#line.delete(resolve)) this.#pass();
      },
    };
  }

  #pass(): void {
    const [first] = this.#line;
    if (first === undefined) {
      this.#free++;
      return;
    }
    this.#line.delete(first);
    first();
  }
}
