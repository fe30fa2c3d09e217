/** An engine's part in a cluster: its connection, and what all engines of the cluster share. */
import type { CheckedClusterOptions } from '../cluster-options.ts';
import type { EngineLogger } from '../options.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Catalog } from '../store/catalog.ts';
import type { SharedStore } from '../store/home.ts';
import { KvCatalog } from './kv-catalog.ts';
import { Link } from './link.ts';

import { SharedBlobs, Shelf } from './shared-blobs.ts';

export class Cluster implements SharedStore {
  /** Not told as what it is: types of the package must not need those of NATS, which is optional. */
  readonly catalog: Catalog;
  readonly #link: Link;
  readonly #shelf: Shelf;

  private constructor(link: Link, catalog: KvCatalog, shelf: Shelf) {
    this.#link = link;
    this.catalog = catalog;
    this.#shelf = shelf;
  }

  /** Rejects with `ClusterUnavailable`, `ClusterUnusable` or `PackageMissing`. */
  static async open(options: CheckedClusterOptions, logger: EngineLogger | undefined): Promise<Cluster> {
    const link = await Link.open(options, logger);
    try {
      const { name, replicas } = options;
      const catalog = await KvCatalog.open(link, `${name}_catalog`, replicas);
      return new Cluster(link, catalog, await Shelf.open(link, `${name}_code`, replicas));
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  blobs(folder: string, isLasting: boolean, name: string): Blobs {
    return new SharedBlobs(folder, isLasting, this.#shelf, name);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}
