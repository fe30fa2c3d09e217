/** The functions of an engine by name. */
import { IsopodError } from '../errors.ts';

export class Registry<T> {
  readonly #entries = new Map<string, T>();

  /** The hot path's lookup: no error is made. */
  find(name: string): T | undefined {
    return this.#entries.get(name);
  }

  get(name: string): T {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.missing(name);
    return entry;
  }

  missing(name: string): IsopodError {
    const shown = typeof name === 'string' ? `"${name}"` : `a ${typeof name}`;
    return new IsopodError('FunctionNotFound', `There is no function ${shown}; create it with createFunction first`);
  }

  put(name: string, entry: T): void {
    this.#entries.set(name, entry);
  }

  remove(name: string): void {
    this.#entries.delete(name);
  }

  values(): IterableIterator<T> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }
}
