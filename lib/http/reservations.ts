/** Limits of how many sync calls of a function run at once. */
import { type Catalog, documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';

const KIND = 'concurrency-config';

export class Reservations {
  readonly #changes: Changes<number>;
  /** By full name. */
  readonly #known = new Map<string, number>();

  private constructor(catalog: Catalog) {
    this.#changes = new Changes(catalog, KIND);
  }

  static async open(catalog: Catalog): Promise<Reservations> {
    const reservations = new Reservations(catalog);
    for await (const { key, value } of documents<number>(catalog, KIND)) reservations.#known.set(key, value);
    catalog.watch<number>(KIND, '', ({ key, value }) => {
      if (value === undefined) reservations.#known.delete(key);
      else reservations.#known.set(key, value);
    });
    return reservations;
  }

  of(full: string): number | undefined {
    return this.#known.get(full);
  }

  /** Rejects with `ConcurrentUpdateError` when another engine has changed it meanwhile. */
  async put(full: string, limit: number): Promise<void> {
    await this.#changes.make(full, () => limit);
  }

  async remove(full: string): Promise<void> {
    await this.#changes.remove(full);
  }
}
