/** Where an engine keeps its things: its folder, the catalog and the blobs in it. Without a dataDir all of it ends with the engine. */
import { join } from 'node:path';
import { Blobs } from './blobs.ts';
import type { Catalog } from './catalog.ts';
import { DataDir } from './data-dir.ts';
import { MemoryCatalog } from './memory-catalog.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';

export class Home {
  readonly #dataDir: DataDir;
  readonly catalog: Catalog;
  readonly blobs: Blobs;

  private constructor(dataDir: DataDir) {
    this.#dataDir = dataDir;
    this.catalog = dataDir.isTemporary ? new MemoryCatalog() : new SqliteCatalog(this.file('catalog.sqlite'));
    this.blobs = this.newBlobs('blobs');
  }

  /** Rejects with `DataDirInUse`, `DataDirUnusable` or `DataDirDamaged`. */
  static async open(path: string | undefined): Promise<Home> {
    const dataDir = await DataDir.open(path);
    try {
      return new Home(dataDir);
    } catch (error) {
      await dataDir.close();
      throw error;
    }
  }

  /** What is kept here is there again the next time. */
  get isLasting(): boolean {
    return !this.#dataDir.isTemporary;
  }

  /** Blobs in a folder of their own, so that their owner can sweep it. */
  newBlobs(folder: string): Blobs {
    return new Blobs(this.file(folder), this.isLasting);
  }

  /** Path of a file or folder in it. */
  file(name: string): string {
    return join(this.#dataDir.path, name);
  }

  async close(): Promise<void> {
    await this.catalog.close();
    await this.#dataDir.close();
  }
}
