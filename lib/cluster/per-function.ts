/** Documents of functions in a bucket of the cluster that forgets them after a while: tasks, dead letters. */
import type { KV } from '@nats-io/kv';
import { bucketKey, documentKey } from './keys.ts';
import { kvPackage, type Link } from './link.ts';

/** Documents read at once. */
const AT_ONCE = 100;

export class PerFunction<T> {
  readonly #link: Link;
  readonly #bucket: KV;

  private constructor(link: Link, bucket: KV) {
    this.#link = link;
    this.#bucket = bucket;
  }

  /** `ttlMs`: a document is kept for so long after its last change. */
  static async open<T>(link: Link, name: string, replicas: number, ttlMs: number): Promise<PerFunction<T>> {
    const { Kvm } = await kvPackage();
    const options = { history: 1, replicas, ttl: ttlMs };
    return link.ask(async () => new PerFunction<T>(link, await new Kvm(link.jetstream).create(name, options)));
  }

  /** False when there is one already. Nobody else may write the same `value`. */
  create(functionName: string, id: string, value: T): Promise<boolean> {
    return this.#link.ask(async () => {
      const name = bucketKey(functionName, id);
      const text = JSON.stringify(value);
      const known = await this.#bucket.get(name);
      if (known?.operation === 'PUT') return false;
      return this.#bucket.create(name, text).then(
        () => true,
        async (error: unknown) => {
          const found = await this.#bucket.get(name);
          // Its own, when the server took it and the answer was lost.
          if (found?.operation === 'PUT') return found.string() === text;
          throw error;
        },
      );
    });
  }

  async put(functionName: string, id: string, value: T): Promise<void> {
    await this.#link.ask(() => this.#bucket.put(bucketKey(functionName, id), JSON.stringify(value)));
  }

  /** Makes something else of a document, over the state it was read in; `make` gives undefined to let it be. */
  change(functionName: string, id: string, make: (found: T) => T | undefined): Promise<void> {
    const name = bucketKey(functionName, id);
    return this.#link.ask(async () => {
      for (;;) {
        const found = await this.#bucket.get(name);
        const made = found?.operation === 'PUT' ? make(found.json<T>()) : undefined;
        if (found === null || made === undefined) return;
        try {
          await this.#bucket.update(name, JSON.stringify(made), found.revision);
          return;
        } catch (error) {
          // Changed meanwhile, or the server is away.
          if ((await this.#bucket.get(name))?.revision === found.revision) throw error;
        }
      }
    });
  }

  get(functionName: string, id: string): Promise<T | undefined> {
    return this.#link.ask(() => this.#read(bucketKey(functionName, id)));
  }

  async #read(name: string): Promise<T | undefined> {
    const found = await this.#bucket.get(name);
    return found?.operation === 'PUT' ? found.json<T>() : undefined;
  }

  async delete(functionName: string, id: string): Promise<void> {
    await this.#link.ask(() => this.#bucket.purge(bucketKey(functionName, id)));
  }

  /** Ids of a function's documents, in no order. */
  ids(functionName: string): Promise<string[]> {
    return this.#link.ask(async () => {
      const ids: string[] = [];
      for await (const name of await this.#bucket.keys(bucketKey(functionName, '*').replace(/=2a$/, '*'))) {
        const document = documentKey(name);
        if (document !== undefined) ids.push(document.key);
      }
      return ids;
    });
  }

  /** Those that are still there, in the order of `ids`. */
  read(functionName: string, ids: readonly string[]): Promise<T[]> {
    return this.#link.ask(async () => {
      const found: T[] = [];
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        const names = ids.slice(at, at + AT_ONCE).map((id) => bucketKey(functionName, id));
        const read = await Promise.all(names.map((name) => this.#read(name)));
        for (const value of read) if (value !== undefined) found.push(value);
      }
      return found;
    });
  }

  /** All of a function, in no order. */
  async list(functionName: string): Promise<T[]> {
    return this.read(functionName, await this.ids(functionName));
  }
}
