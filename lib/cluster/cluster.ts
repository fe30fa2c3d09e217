/**
 * An engine's part in a cluster: its connection, what all engines share, and once the engine is there, its place among them. What
 * of the engine is needed is handed to `join`.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CheckedClusterOptions } from '../cluster-options.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { IsopodError } from '../errors.ts';
import type { SharedImages } from '../image/store.ts';
import type { Call, CallSink } from '../instance/call.ts';
import type { ForeignCall } from '../invoke/invoker.ts';
import type { CheckedOptions } from '../options.ts';
import type { Pool } from '../pool/pool.ts';
import type { SharedEvents } from '../queue/shared-events.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Catalog } from '../store/catalog.ts';
import type { SharedNumbers, SharedStore } from '../store/home.ts';
import type { TriggerLeases } from '../trigger/triggers.ts';
import type { ClusterNode, ClusterView } from '../types.ts';
import { type Beat, PROTOCOL } from './beat.ts';
import { Caller, warmKey } from './caller.ts';
import { ClusterEvents } from './cluster-events.ts';
import { KvCatalog } from './kv-catalog.ts';
import { Leases } from './leases.ts';
import { Link } from './link.ts';
import { Members } from './members.ts';
import { ClusterNumbers } from './numbers.ts';
import { Server } from './server.ts';
import { SharedBlobs, Shelf } from './shared-blobs.ts';
import { encodeMarks, markOf } from './warm-set.ts';
import type { CallHead, Refusal } from './wire.ts';

/** What the cluster needs of the engine. */
export interface ClusterHost {
  facts(): Pick<Beat, 'open' | 'instances' | 'functions'>;
  warm(): Iterable<Deployment>;
  /** What serves a version here; undefined when there is none. */
  find(functionName: string, versionId: string): Deployment | undefined;
  run(pool: Pool, call: ForeignCall, sink: CallSink & { ended: () => void }): Call;
  abandon(pool: Pool, call: Call, reason: unknown): void;
}

/** Whether an engine takes what is not its own. */
interface Standing {
  isDraining: boolean;
}

export class Cluster implements SharedStore, ClusterView {
  /** Not told as what it is: types of the package must not need those of NATS, which is optional. */
  readonly catalog: Catalog;
  readonly numbers: SharedNumbers;
  readonly leases: TriggerLeases;
  readonly id: string;
  readonly #options: CheckedClusterOptions;
  readonly #link: Link;
  readonly #shelf: Shelf;
  readonly #events: ClusterEvents;
  readonly #closeLeases: () => Promise<void>;
  readonly #startedAt = Date.now();
  readonly #version = packageVersion();
  readonly #standing: Standing;
  #members: Members | undefined;
  #caller: Caller | undefined;
  #server: Server | undefined;

  private constructor(
    options: CheckedClusterOptions,
    link: Link,
    parts: { readonly catalog: Catalog; readonly numbers: SharedNumbers; readonly shelf: Shelf },
    events: { readonly own: ClusterEvents; readonly standing: Standing },
    leases: { readonly of: TriggerLeases; readonly close: () => Promise<void> },
    id: string,
  ) {
    this.#options = options;
    this.#link = link;
    this.catalog = parts.catalog;
    this.numbers = parts.numbers;
    this.#shelf = parts.shelf;
    this.#events = events.own;
    this.leases = leases.of;
    this.#closeLeases = leases.close;
    this.#standing = events.standing;
    this.id = id;
  }

  /** Rejects with `ClusterUnavailable`, `ClusterUnusable` or `PackageMissing`. */
  static async open(
    options: CheckedClusterOptions,
    { logger, async }: Pick<CheckedOptions, 'logger' | 'async'>,
  ): Promise<Cluster> {
    const link = await Link.open(options, logger);
    try {
      const { name, replicas, takeoverSeconds, outbox } = options;
      // Part of subjects, where dots mean something.
      const id = `${options.node.replaceAll('.', '-')}-${randomBytes(4).toString('hex')}`;
      const standing: Standing = { isDraining: false };
      const isDraining = (): boolean => standing.isDraining;
      // At once, because several servers take a while to agree on each thing they make.
      const [catalog, shelf, events, leases] = await Promise.all([
        KvCatalog.open(link, `${name}_catalog`, replicas),
        Shelf.open(link, `${name}_code`, replicas),
        ClusterEvents.open(link, { ...async, name, replicas, takeoverSeconds, outbox, isDraining }),
        Leases.open(link, { name, replicas, id, isDraining }),
      ]);
      events.watchStrays(leases, logger);
      const numbers = await ClusterNumbers.open(catalog);
      const handed = { own: events, standing };
      const held = { of: leases, close: () => leases.close() };
      return new Cluster(options, link, { catalog, numbers, shelf }, handed, held, id);
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  get events(): SharedEvents {
    return this.#events;
  }

  get unsentEvents(): number {
    return this.#events.unsent;
  }

  blobs(folder: string, isLasting: boolean, name: string): Blobs {
    return new SharedBlobs(folder, isLasting, this.#shelf, name);
  }

  /** Images, for engines whose versions, flags and architecture they are for. */
  get images(): SharedImages {
    const named = (key: string): string => `images/${key}`;
    return { get: (key) => this.#shelf.get(named(key)), put: (key, file) => this.#shelf.put(named(key), file) };
  }

  /** The engine serves: others may call it, and it may call others. */
  async enter(host: ClusterHost): Promise<void> {
    const link = this.#link;
    const { name } = this.#options;
    const prefix = `isopod.${name}`;
    const isDraining = (): boolean => this.#standing.isDraining;
    this.#server = new Server({
      link,
      prefix: `${prefix}.${this.id}`,
      isDraining,
      serve: (head, text, sink) => serve(host, head, text, sink),
      told: (command) => this[command](),
    });
    const members = await Members.open(link, this.#options, this.id, () => this.#beat(host));
    this.#members = members;
    this.#caller = new Caller({ link, members, prefix, open: () => host.facts().open, isDraining });
  }

  #beat(host: ClusterHost): Beat {
    const marks = [...host.warm()].map(({ versionId, stamp }) => markOf(warmKey(versionId, stamp)));
    const { node } = this.#options;
    return {
      protocol: PROTOCOL,
      node,
      version: this.#version,
      startedAt: this.#startedAt,
      draining: this.#standing.isDraining,
      ...host.facts(),
      warm: encodeMarks(marks),
    };
  }

  /** How many of the instances that are asked for of a function are this engine's. */
  readonly share = (functionName: string, instances: number): number =>
    this.#members === undefined || this.#standing.isDraining ? 0 : this.#members.share(functionName, instances);

  /** Engines that serve, this one among them; at least 1. */
  get size(): number {
    return this.#members?.size ?? 1;
  }

  /** Takes a call no instance here can take at once; false when it is to stay. */
  readonly elsewhere = (deployment: Deployment, pool: Pool, call: Call): boolean =>
    this.#caller?.take(deployment, pool, call) ?? false;

  nodes(): ClusterNode[] {
    return this.#members?.list() ?? [];
  }

  async drain(): Promise<void> {
    this.#standing.isDraining = true;
    await this.#members?.beat();
  }

  async join(): Promise<void> {
    this.#standing.isDraining = false;
    await this.#members?.beat();
  }

  /** No more calls of others, and none for them. Before the engine ends what runs. */
  async leave(): Promise<void> {
    this.#standing.isDraining = true;
    await this.#members?.close();
    this.#server?.stop();
  }

  /** What runs here for others has ended. */
  async close(): Promise<void> {
    this.#caller?.close();
    this.#events.close();
    await this.#closeLeases();
    await this.#link.close();
  }
}

/** Both lib/cluster and dist/cluster are two folders below the package. */
function packageVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function serve(
  host: ClusterHost,
  head: CallHead,
  text: string,
  sink: CallSink,
): Refusal | { abandon(reason: unknown): void } {
  const deployment = host.find(head.functionName, head.versionId);
  // Another state of the function: its caller knows of a newer one, or of an older.
  if (deployment === undefined || deployment.stamp !== head.stamp) return 'unknown';
  const counted = {
    ended: (): void => undefined,
    succeeded: (call: Call, kind: number, payload: unknown): void => {
      counted.ended();
      sink.succeeded(call, kind, payload);
    },
    failed: (call: Call, error: IsopodError): void => {
      counted.ended();
      sink.failed(call, error);
    },
  };
  const pool = deployment.open();
  try {
    const { traceparent, tracestate } = head;
    const parent = traceparent === undefined ? undefined : { traceparent, tracestate };
    const call = host.run(pool, { ...head, text, parent }, counted);
    return { abandon: (reason) => host.abandon(pool, call, reason) };
  } catch (error) {
    if (error instanceof IsopodError && error.code === 'ResourceExhausted') return 'full';
    throw error;
  }
}
