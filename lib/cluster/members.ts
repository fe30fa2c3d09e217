/**
 * Who is in the cluster: every engine writes a document about itself each second and whenever what is warm there changes, into
 * a bucket that forgets after some seconds; the others follow it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KV } from '@nats-io/kv';
import { spread } from '../deployment/routing.ts';
import type { ClusterNode } from '../types.ts';
import { type Beat, byName, isServing, nodeOf } from './beat.ts';
import { jetstreamPackage, kvPackage, type Link } from './link.ts';
import { decodeMarks } from './warm-set.ts';

/** Milliseconds between two documents of an engine, between two looks whether what is warm has changed. */
const BEAT_MS = 1_000;
const LOOK_MS = 250;
/** What follows the others and has not heard even of this engine for so long is begun again; milliseconds. */
const SILENT_MS = 3_000;
/** An engine that was not heard of for so long is forgotten; milliseconds. */
const FORGET_MS = 10_000;

export interface Member extends Beat {
  readonly id: string;
  readonly marks: ReadonlySet<number>;
  /** `performance.now()` when it was heard of last. */
  readonly heardAt: number;
}

export class Members {
  readonly #link: Link;
  readonly #bucket: KV;
  readonly id: string;
  readonly #tell: () => Beat;
  readonly #known = new Map<string, Member>();
  /** Found gone before its document was. */
  readonly #gone = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** Engines that serve, this one among them; as of the last look. */
  size = 1;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** When something was heard last, or what follows the others was begun. */
  #heardAt = 0;
  #told = '';
  #stop: (() => void) | undefined;
  #closed = false;

  private constructor(link: Link, bucket: KV, id: string, tell: () => Beat) {
    this.#link = link;
    this.#bucket = bucket;
    this.id = id;
    this.#tell = tell;
  }

  /** To read alone. */
  static async bucket(link: Link, cluster: string): Promise<KV> {
    const { Kvm } = await kvPackage();
    return link.ask(() => new Kvm(link.jetstream).open(`${cluster}_nodes`));
  }

  /** Begins to tell of this engine and to follow the others. */
  static async open(
    link: Link,
    { name, replicas }: { readonly name: string; readonly replicas: number },
    id: string,
    tell: () => Beat,
  ): Promise<Members> {
    const { Kvm } = await kvPackage();
    const { StorageType } = await jetstreamPackage();
    const options = { history: 1, replicas, ttl: FORGET_MS, storage: StorageType.Memory };
    const bucket = await link.ask(() => new Kvm(link.jetstream).create(`${name}_nodes`, options));
    const members = new Members(link, bucket, id, tell);
    await members.beat();
    void members.#follow();
    members.#timer = setInterval(() => members.#look(), LOOK_MS).unref();
    return members;
  }

  /** Tells at once. */
  async beat(): Promise<void> {
    const beat = this.#tell();
    this.#toldAt = performance.now();
    this.#told = `${beat.draining} ${beat.warm}`;
    await this.#link.ask(() => this.#bucket.put(this.id, JSON.stringify(beat)));
  }

  #look(): void {
    this.size = 1 + [...this.others()].length;
    const { draining, warm } = this.#tell();
    const isDue = performance.now() - this.#toldAt >= BEAT_MS - LOOK_MS / 2;
    if (!this.#link.isUp || (!isDue && `${draining} ${warm}` === this.#told)) return;
    if (performance.now() - this.#heardAt > SILENT_MS) this.#stop?.();
    // The link tells what is wrong with the server.
    this.beat().catch(() => undefined);
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        const beats = await this.#bucket.watch();
        this.#stop = () => beats.stop();
        this.#heardAt = performance.now();
        for await (const { key, operation, value } of beats) {
          this.#heardAt = performance.now();
          if (operation !== 'PUT') this.#known.delete(key);
          else this.#heard(key, JSON.parse(Buffer.from(value).toString()) as Beat);
        }
      } catch {
        // The link tells what is wrong with the server.
      }
      if (!this.#closed) await sleep(BEAT_MS, undefined, { ref: false });
    }
  }

  #heard(id: string, beat: Beat): void {
    this.#gone.delete(id);
    this.#known.set(id, { ...beat, id, marks: decodeMarks(beat.warm), heardAt: performance.now() });
  }

  /** Nobody answers there. */
  lost(id: string): void {
    this.#gone.add(id);
  }

  /** Other engines that take calls of this one. */
  *others(): IterableIterator<Member> {
    const now = performance.now();
    for (const [id, member] of this.#known) {
      if (now - member.heardAt > FORGET_MS) {
        this.#known.delete(id);
        this.#gone.delete(id);
      } else if (id !== this.id && isServing(member, now - member.heardAt) && !this.#gone.has(id)) yield member;
    }
  }

  /** How many of `count` things this engine has when all engines that serve share them out, each thing's in an order of its own. */
  share(key: string, count: number): number {
    const mine = spread(`${key} ${this.id}`);
    let rank = 0;
    let engines = 1;
    for (const { id } of this.others()) {
      engines++;
      if (spread(`${key} ${id}`) > mine) rank++;
    }
    return Math.floor(count / engines) + (rank < count % engines ? 1 : 0);
  }

  list(): ClusterNode[] {
    const now = performance.now();
    const live = [...this.#known.values()].filter(({ heardAt }) => now - heardAt <= FORGET_MS);
    return live.map((member) => nodeOf(member.id, member, now - member.heardAt)).sort(byName);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stop?.();
    await this.#link.ask(() => this.#bucket.delete(this.id)).catch(() => undefined);
  }
}
