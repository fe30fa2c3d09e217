/** Limits of how many sync calls of a function run at once. */
import { type Catalog, documents } from '../store/catalog.ts';

const KIND = 'concurrency-config';

export class Reservations {
  readonly #catalog: Catalog;
  /** By full name. */
  readonly #known = new Map<string, number>();

  private constructor(catalog: Catalog) {
    this.#catalog = catalog;
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

  async put(full: string, limit: number): Promise<void> {
    this.#known.set(full, limit);
    await this.#catalog.put(KIND, full, limit);
  }

  async remove(full: string): Promise<void> {
    this.#known.delete(full);
    await this.#catalog.delete(KIND, full);
  }
}
