/**
 * Where an engine keeps its things: its folder, the catalog and the blobs in it. Without a dataDir all of it ends with the engine; what is shared with other engines outlives it.
 */
import { join } from 'node:path';
import { Blobs } from './blobs.ts';
import type { Catalog } from './catalog.ts';
import { DataDir } from './data-dir.ts';
import { MemoryCatalog } from './memory-catalog.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';

/** Numbers of calls no two engines have. */
export interface SharedNumbers {
  /** Of all request ids. */
  readonly requestPrefix: string;
  /** Resolves with the first of `count` that are this engine's alone; larger than every one before. */
  reserve(count: number): Promise<number>;
}

/** What engines share instead of each keeping it in its own folder. */
export interface SharedStore {
  readonly catalog: Catalog;
  readonly numbers: SharedNumbers;
  /** Blobs in `folder`, and where others find them under `name`. */
  blobs(folder: string, isLasting: boolean, name: string): Blobs;
}

export class Home {
  readonly #dataDir: DataDir;
  readonly #shared: SharedStore | undefined;
  readonly catalog: Catalog;
  readonly blobs: Blobs;

  private constructor(dataDir: DataDir, shared: SharedStore | undefined) {
    this.#dataDir = dataDir;
    this.#shared = shared;
    this.catalog = shared?.catalog ?? this.#ownCatalog();
    this.blobs = this.newBlobs('blobs');
  }

  /** Rejects with `DataDirInUse`, `DataDirUnusable` or `DataDirDamaged`. */
  static async open(path: string | undefined, shared?: SharedStore): Promise<Home> {
    const dataDir = await DataDir.open(path);
    try {
      return new Home(dataDir, shared);
    } catch (error) {
      await dataDir.close();
      throw error;
    }
  }

  #ownCatalog(): Catalog {
    return this.isLasting ? new SqliteCatalog(this.file('catalog.sqlite')) : new MemoryCatalog();
  }

  /** Undefined: this engine counts for itself. */
  get numbers(): SharedNumbers | undefined {
    return this.#shared?.numbers;
  }

  /** What is kept here is there again the next time. */
  get isLasting(): boolean {
    return !this.#dataDir.isTemporary;
  }

  /** Blobs in a folder of their own, so that their owner can sweep it. */
  newBlobs(folder: string): Blobs {
    const path = this.file(folder);
    return this.#shared?.blobs(path, this.isLasting, folder) ?? new Blobs(path, this.isLasting);
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
