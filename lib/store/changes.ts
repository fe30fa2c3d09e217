/**
 * Changes of the documents of one kind, each made from the document as it is at that moment and written over its revision; one
 * at a time of a document here. So of two engines that do not know of each other's change one gets `ConcurrentUpdateError`.
 */
import type { Catalog } from './catalog.ts';
import { Turns } from './turns.ts';

export class Changes<T> {
  readonly #catalog: Catalog;
  readonly #kind: string;
  readonly #turns = new Turns();

  constructor(catalog: Catalog, kind: string) {
    this.#catalog = catalog;
    this.#kind = kind;
  }

  /**
   * Keeps what `change` makes of a document; `before` is undefined when there is none. Rejects with what `change` throws,
   * `ConcurrentUpdateError`, or `StoreFailed`.
   */
  make(key: string, change: (before: T | undefined) => T | Promise<T>): Promise<T> {
    return this.#turns.take(key, async () => {
      const before = await this.#catalog.get<T>(this.#kind, key);
      const next = await change(before?.value);
      await this.#catalog.put<T>(this.#kind, key, next, before?.revision ?? 0);
      return next;
    });
  }

  /** Whatever the document is at that moment; `first` is done before. False when there was none. */
  remove(key: string, first?: () => Promise<void>): Promise<boolean> {
    return this.#turns.take(key, async () => {
      await first?.();
      return this.#catalog.delete(this.#kind, key);
    });
  }
}
