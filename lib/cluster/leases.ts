/**
 * What only one engine may do at a time, by leases in a bucket of the cluster. A lease is a document that is gone when it was not
 * renewed for `TTL_MS`; its revision is the fence: it is renewed only over the revision this engine wrote, and whoever could not
 * renew in time stops by its own clock before another engine can begin.
 */
import type { KV } from '@nats-io/kv';
import { bucketKey } from './keys.ts';
import { kvPackage, type Link } from './link.ts';

export const TTL_MS = 10_000;
const LOOK_MS = 2_000;
/** A lease ends here so much sooner than at the server: clocks run differently, and stopping takes a while. */
const MARGIN_MS = 3_000;

interface Wish {
  readonly name: string;
  changed: () => void;
  /** Undefined: another engine has it, or nobody. */
  held: { readonly revision: number; readonly until: number } | undefined;
  busy: boolean;
}

export class Leases {
  readonly #link: Link;
  readonly #bucket: KV;
  readonly #id: string;
  readonly #isDraining: () => boolean;
  readonly #wishes = new Map<string, Wish>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(link: Link, bucket: KV, id: string, isDraining: () => boolean) {
    this.#link = link;
    this.#bucket = bucket;
    this.#id = id;
    this.#isDraining = isDraining;
  }

  /** `id`: of this engine. */
  static async open(
    link: Link,
    options: {
      readonly name: string;
      readonly replicas: number;
      readonly id: string;
      readonly isDraining: () => boolean;
    },
  ): Promise<Leases> {
    const { Kvm } = await kvPackage();
    const { name, replicas, id, isDraining } = options;
    const settings = { history: 1, replicas, ttl: TTL_MS };
    const bucket = await link.ask(() => new Kvm(link.jetstream).create(`${name}_leases`, settings));
    return new Leases(link, bucket, id, isDraining);
  }

  /**
   * Asks for a lease until `giveUp`, and resolves when the first attempt is over; `changed` is told when it is had later, and when
   * it is had no more.
   */
  async want(name: string, changed: () => void): Promise<void> {
    if (this.#wishes.has(name)) return;
    const wish: Wish = { name, changed: () => undefined, held: undefined, busy: false };
    this.#wishes.set(name, wish);
    this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    if (!this.#isDraining()) await this.#ask(wish);
    wish.changed = changed;
  }

  holds(name: string): boolean {
    const held = this.#wishes.get(name)?.held;
    return held !== undefined && performance.now() < held.until;
  }

  /** The others may have it at once. */
  async giveUp(name: string): Promise<void> {
    const wish = this.#wishes.get(name);
    this.#wishes.delete(name);
    if (wish !== undefined) await this.#release(wish);
  }

  async #release(wish: Wish): Promise<void> {
    const { held } = wish;
    wish.held = undefined;
    if (held === undefined) return;
    const key = bucketKey('lease', wish.name);
    await this.#link.ask(() => this.#bucket.delete(key, { previousSeq: held.revision })).catch(() => undefined);
  }

  look(): void {
    for (const wish of this.#wishes.values()) {
      if (this.#isDraining() && wish.held !== undefined) {
        // Not given back: what runs has until the lease ends to stop.
        wish.held = undefined;
        wish.changed();
      } else if (!wish.busy && !this.#isDraining()) void this.#ask(wish);
    }
  }

  async #ask(wish: Wish): Promise<void> {
    wish.busy = true;
    const { held, name } = wish;
    const until = performance.now() + TTL_MS - MARGIN_MS;
    const key = bucketKey('lease', name);
    try {
      const revision = await this.#link.ask(() =>
        held === undefined ? this.#bucket.create(key, this.#id) : this.#bucket.update(key, this.#id, held.revision),
      );
      if (this.#wishes.get(name) !== wish) {
        wish.held = { revision, until };
        await this.#release(wish);
        return;
      }
      wish.held = { revision, until };
      if (held === undefined) wish.changed();
    } catch {
      // Somebody else has it, or the server is away: what was had ends with its time.
    } finally {
      wish.busy = false;
    }
    if (wish.held !== undefined && performance.now() >= wish.held.until) {
      wish.held = undefined;
      wish.changed();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#wishes.keys()].map((name) => this.giveUp(name)));
  }
}
