/**
 * A catalog many engines share: a JetStream bucket, and a copy of it in memory that follows it. Reads are answered from the
 * copy, which is some milliseconds old at most while the server can be reached; writes are the server's to accept, so of
 * two that read the same revision one is refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import { IsopodError } from '../errors.ts';
import {
  type Catalog,
  type Change,
  changedMeanwhile,
  checkKey,
  checkRevision,
  type Document,
  type ListOptions,
  type Page,
} from '../store/catalog.ts';
import { Watchers } from '../store/watchers.ts';
import { bucketKey, documentKey } from './keys.ts';
import { kvPackage, type Link } from './link.ts';
import { Mirror } from './mirror.ts';

/** Of JetStream's API: the last message of the key is another one than the writer has read. */
const WRONG_REVISION = [10_071, 10_164];
/** What a value may have less than the server's messages: subject and headers. */
const OVERHEAD_BYTES = 2_048;
/** Milliseconds until what followed the bucket and ended is begun again. */
const AGAIN_MS = 500;
/** Milliseconds between two looks whether what follows the bucket keeps up. */
const CHECK_MS = 2_000;

export class KvCatalog implements Catalog {
  readonly #link: Link;
  readonly #bucket: KV;
  readonly #mirror = new Mirror();
  readonly #watchers = new Watchers();
  /** Revision up to which the copy has followed the bucket. */
  #position = 0;
  #stop: (() => void) | undefined;
  #closed = false;

  private constructor(link: Link, bucket: KV) {
    this.#link = link;
    this.#bucket = bucket;
  }

  /** Resolves when everything that is kept is known. Rejects with `ClusterUnavailable`. */
  static async open(link: Link, name: string, replicas: number): Promise<KvCatalog> {
    const { Kvm } = await kvPackage();
    return link.ask(async () => {
      const bucket = await new Kvm(link.jetstream).create(name, { history: 1, replicas });
      const catalog = new KvCatalog(link, bucket);
      const { state } = (await bucket.status()).streamInfo;
      await new Promise<void>((resolve) => {
        if (state.messages === 0) resolve();
        void catalog.#follow(() => catalog.#position >= state.last_seq && resolve());
      });
      void catalog.#keepUp();
      return catalog;
    });
  }

  /** Follows the bucket until `close`. */
  async #follow(moved: () => void): Promise<void> {
    while (!this.#closed) {
      try {
        const changes = await this.#bucket.watch({ resumeFromRevision: this.#position && this.#position + 1 });
        this.#stop = () => changes.stop();
        for await (const entry of changes) {
          this.#arrived(entry);
          moved();
        }
      } catch {
        // The link tells what is wrong with the server.
      }
      if (!this.#closed) await sleep(AGAIN_MS, undefined, { ref: false });
    }
  }

  /**
   * The client notices by itself that what it follows has ended, but in a cluster of servers, where the one that told the changes
   * may be lost and the connection not, only after a minute.
   */
  async #keepUp(): Promise<void> {
    let reached = 0;
    let last = 0;
    while (!this.#closed) {
      await sleep(CHECK_MS, undefined, { ref: false });
      if (!this.#link.isUp) continue;
      if (this.#position < last && this.#position === reached) this.#stop?.();
      reached = this.#position;
      const status = await this.#bucket.status().catch(() => undefined);
      last = status?.streamInfo.state.last_seq ?? last;
    }
  }

  #arrived({ key: name, operation, revision, value }: KvWatchEntry): void {
    this.#position = revision;
    const found = documentKey(name);
    if (found === undefined) return;
    const text = operation === 'PUT' ? Buffer.from(value).toString() : undefined;
    this.#take(found.kind, found.key, revision, text);
  }

  /** The answer to a change, which may come before or after the watch has told it. */
  #answered(kind: string, key: string, revision: number, text: string | undefined): void {
    if (revision > this.#position) this.#take(kind, key, revision, text);
  }

  #take(kind: string, key: string, revision: number, text: string | undefined): void {
    if (this.#mirror.take(kind, key, revision, text)) this.#watchers.tell(kind, key, revision, text);
  }

  async get<T>(kind: string, key: string): Promise<Document<T> | undefined> {
    return this.#mirror.get<T>(kind, key);
  }

  async list<T>(kind: string, options: ListOptions = {}): Promise<Page<T>> {
    return this.#mirror.list<T>(kind, options);
  }

  async put<T>(kind: string, key: string, value: T, expected?: number): Promise<Document<T>> {
    checkKey(kind, key);
    const text = JSON.stringify(value);
    this.#assertFits(kind, key, text);
    const name = bucketKey(kind, key);
    const revision = await this.#write(kind, key, () => {
      if (expected === undefined) return this.#bucket.put(name, text);
      return expected === 0 ? this.#bucket.create(name, text) : this.#bucket.update(name, text, expected);
    });
    this.#answered(kind, key, revision, text);
    return { kind, key, value: JSON.parse(text) as T, revision };
  }

  async delete(kind: string, key: string, expected?: number): Promise<boolean> {
    const name = bucketKey(kind, key);
    return this.#write(kind, key, async () => {
      const found = await this.#bucket.get(name);
      const revision = found?.operation === 'PUT' ? found.revision : 0;
      checkRevision(kind, key, revision, expected);
      if (revision === 0) return false;
      await this.#bucket.delete(name, { previousSeq: revision });
      const mark = await this.#bucket.get(name);
      if (mark !== null && mark.operation !== 'PUT') this.#answered(kind, key, mark.revision, undefined);
      return true;
    });
  }

  #write<T>(kind: string, key: string, write: () => Promise<T>): Promise<T> {
    return this.#link.ask(write, (error) =>
      WRONG_REVISION.includes((error as { readonly code?: number }).code ?? 0)
        ? changedMeanwhile(kind, key)
        : undefined,
    );
  }

  #assertFits(kind: string, key: string, text: string): void {
    const most = this.#link.mostBytes - OVERHEAD_BYTES;
    if (Buffer.byteLength(text) <= most) return;
    throw new IsopodError(
      'PayloadTooLarge',
      `The ${kind} ${key} is larger than the cluster's NATS server takes (${most} bytes); raise its max_payload`,
    );
  }

  watch<T>(kind: string, prefix: string, listener: (change: Change<T>) => void): () => void {
    return this.#watchers.add(kind, prefix, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
  }
}
