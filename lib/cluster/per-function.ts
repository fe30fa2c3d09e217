/** Documents of functions in a bucket of the cluster that forgets them after a while: tasks, dead letters. */
import type { KV } from '@nats-io/kv';
import { bucketKey } from './keys.ts';
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

  /** False when there is one already. */
  create(functionName: string, id: string, value: T): Promise<boolean> {
    return this.#link.ask(async () => {
      const name = bucketKey(functionName, id);
      const known = await this.#bucket.get(name);
      if (known?.operation === 'PUT') return false;
      return this.#bucket.create(name, JSON.stringify(value)).then(
        () => true,
        async (error: unknown) => {
          const found = await this.#bucket.get(name);
          if (found?.operation === 'PUT') return false;
          throw error;
        },
      );
    });
  }

  async put(functionName: string, id: string, value: T): Promise<void> {
    await this.#link.ask(() => this.#bucket.put(bucketKey(functionName, id), JSON.stringify(value)));
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

  /** All of a function, in no order. */
  list(functionName: string): Promise<T[]> {
    return this.#link.ask(async () => {
      const names: string[] = [];
      for await (const name of await this.#bucket.keys(bucketKey(functionName, '*').replace(/=2a$/, '*')))
        names.push(name);
      const found: T[] = [];
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const read = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => this.#read(name)));
        for (const value of read) if (value !== undefined) found.push(value);
      }
      return found;
    });
  }
}
