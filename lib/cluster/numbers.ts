/** Numbers of calls for the engines of a cluster, in blocks, from a document all of them change. */
import { IsopodError } from '../errors.ts';
import { FIRST_CALL_NO } from '../protocol/door.ts';
import { makeRequestPrefix } from '../queue/numbers.ts';
import type { Catalog } from '../store/catalog.ts';
import type { SharedNumbers } from '../store/home.ts';

const KIND = 'cluster';
const KEY = 'numbers';

interface Kept {
  readonly requestPrefix: string;
  readonly next: number;
}

export class ClusterNumbers implements SharedNumbers {
  readonly #catalog: Catalog;
  readonly requestPrefix: string;

  private constructor(catalog: Catalog, requestPrefix: string) {
    this.#catalog = catalog;
    this.requestPrefix = requestPrefix;
  }

  static async open(catalog: Catalog): Promise<ClusterNumbers> {
    const { requestPrefix } = await change(catalog, 0);
    return new ClusterNumbers(catalog, requestPrefix);
  }

  async reserve(count: number): Promise<number> {
    return (await change(this.#catalog, count)).next;
  }
}

/** Takes `count` numbers; resolves with the first of them. */
async function change(catalog: Catalog, count: number): Promise<Kept> {
  for (;;) {
    const found = await catalog.get<Kept>(KIND, KEY);
    if (found !== undefined && count === 0) return found.value;
    const kept = found?.value ?? { requestPrefix: makeRequestPrefix(), next: FIRST_CALL_NO };
    try {
      await catalog.put<Kept>(KIND, KEY, { ...kept, next: kept.next + count }, found?.revision ?? 0);
      return kept;
    } catch (error) {
      // Another engine was quicker; its change is known here in a moment.
      if (!(error instanceof IsopodError) || error.code !== 'ConcurrentUpdateError') throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
