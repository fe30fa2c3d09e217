/**
 * Blobs many engines share: in the folder of this one, and in the cluster's object store, from where each engine fetches what
 * it misses, once, and checks it by its hash.
 */
import type { ObjectStore } from '@nats-io/obj';
import { IsopodError } from '../errors.ts';
import { Blobs } from '../store/blobs.ts';
import { type Link, objectPackage } from './link.ts';

/** An object that old is written again when it is put, so that whoever removes unused old ones spares it; milliseconds. */
const REFRESH_MS = 30 * 60_000;

/** The cluster's objects. */
export class Shelf {
  readonly #link: Link;
  readonly #store: ObjectStore;

  private constructor(link: Link, store: ObjectStore) {
    this.#link = link;
    this.#store = store;
  }

  static async open(link: Link, name: string, replicas: number): Promise<Shelf> {
    const { Objm } = await objectPackage();
    return link.ask(async () => new Shelf(link, await new Objm(link.jetstream).create(name, { replicas })));
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#link.ask(async () => {
      const known = await this.#store.info(name);
      const isThere = known !== null && !known.deleted && known.size === bytes.byteLength;
      if (isThere && Date.now() - Date.parse(known.mtime) < REFRESH_MS) return;
      await this.#store.putBlob({ name }, bytes);
    });
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#link.ask(async () => (await this.#store.getBlob(name)) ?? undefined);
  }
}

export class SharedBlobs extends Blobs {
  readonly #shelf: Shelf;
  readonly #prefix: string;
  readonly #fetching = new Map<string, Promise<Uint8Array | undefined>>();

  /** `prefix`: of the objects' names. */
  constructor(folder: string, sync: boolean, shelf: Shelf, prefix: string) {
    super(folder, sync);
    this.#shelf = shelf;
    this.#prefix = prefix;
  }

  override async put(bytes: Uint8Array): Promise<string> {
    const hash = await super.put(bytes);
    await this.#shelf.put(`${this.#prefix}/${hash}`, bytes);
    return hash;
  }

  override async get(hash: string): Promise<Uint8Array | undefined> {
    const here = await super.get(hash);
    if (here !== undefined) return here;
    let fetching = this.#fetching.get(hash);
    if (fetching === undefined) {
      fetching = this.#fetch(hash).finally(() => this.#fetching.delete(hash));
      this.#fetching.set(hash, fetching);
    }
    return fetching;
  }

  async #fetch(hash: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#shelf.get(`${this.#prefix}/${hash}`);
    if (bytes === undefined) return undefined;
    if (this.nameOf(bytes) !== hash) {
      throw new IsopodError(
        'StoreFailed',
        `The cluster's object ${this.#prefix}/${hash} is not what its name says; deploy the function again`,
      );
    }
    await super.put(bytes);
    return bytes;
  }
}
