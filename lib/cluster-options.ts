/** How an engine joins a cluster: what its owner may say, defaults and bounds. */
import { hostname } from 'node:os';
import { z } from 'zod';

export interface ClusterOptions {
  /** Address of a NATS server with JetStream (2.10 or newer), or several of one NATS cluster: `nats://host:4222`. */
  readonly nats: string | readonly string[];
  /**
   * Engines with one name on one NATS server are one cluster; 1-32 letters, digits, `_` or `-`; default `isopod`. What the
   * cluster keeps on the server has names that begin with it.
   */
  readonly name?: string | undefined;
  /** Name of this engine for people, 1-64 letters, digits, `_`, `.` or `-`; default: the name of the machine. */
  readonly node?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /**
   * Servers of a NATS cluster that keep a copy of everything, 1, 3 or 5; default 1. Counts when the cluster's first engine
   * makes its buckets.
   */
  readonly replicas?: 1 | 3 | 5 | undefined;
  /**
   * Seconds after which the events of an engine that was not heard of go to another, 2-3,600; default 30. An engine that is busy
   * says so four times in that time; one that cannot, because it hangs, has its events done twice.
   */
  readonly takeoverSeconds?: number | undefined;
  /**
   * Accepts async events while the server is away: they wait in the engine's `dataDir`, which is needed for it, at most
   * `queue.maxBacklog` of them, and go to the cluster when the server is back; default false. Nothing runs them meanwhile, and
   * one whose way to the server was interrupted may be done twice. Tasks are refused all the same, because their ids are the
   * cluster's.
   */
  readonly outbox?: boolean | undefined;
}

const url = z.string().regex(/^(nats|tls):\/\/[^/?#@]+$/, 'must look like nats://host:4222, without credentials');

export const clusterOptions = z.strictObject({
  nats: z.union([url.transform((one) => [one]), z.array(url).min(1).readonly()]),
  name: z
    .string()
    .regex(/^[\w-]{1,32}$/, 'must be 1-32 letters, digits, _ or -')
    .default('isopod'),
  node: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1-64 letters, digits, _, . or -')
    .default(() =>
      hostname()
        .replace(/[^\w.-]/g, '-')
        .slice(0, 64),
    ),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  token: z.string().min(1).optional(),
  takeoverSeconds: z.number().min(2).max(3_600).default(30),
  outbox: z.boolean().default(false),
  replicas: z.union([z.literal(1), z.literal(3), z.literal(5)]).default(1),
});

export type CheckedClusterOptions = z.output<typeof clusterOptions>;
