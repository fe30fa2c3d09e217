/**
 * What can be set of the server, in one place: the names in a file, on the command line and in the environment, bounds,
 * defaults and what they mean. The table in docs/serve.md is made from this list.
 */
import { z } from 'zod';
import { LOG_LEVELS } from '../observe/host-log.ts';

const bytes = (most: number) => z.coerce.number().int().min(1_024).max(most);
const seconds = (most: number) => z.coerce.number().min(0.001).max(most);
/** `true` and `false`, also as text. */
const flag = z.union([z.boolean(), z.stringbool()]);

export const settingsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z.coerce.number().int().min(0).max(65_535).default(9_000).describe('Port to listen on; 0 takes a free one.'),
  http2Port: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port to speak HTTP/2 without TLS on, to clients that know (h2c with prior knowledge); none by default.'),
  data: z
    .string()
    .min(1)
    .optional()
    .describe('Folder everything is kept in; without one, everything ends with the server.'),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe(
      "NATS servers of a cluster to join, `nats://host:4222`, several with commas: what is configured is the cluster's.",
    ),
  clusterName: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the cluster: engines with one name on one NATS server are one cluster; default `isopod`.'),
  clusterOutbox: flag
    .default(false)
    .describe('Accepts async events while NATS is away and keeps them in `data` until it is back.'),
  node: z.string().min(1).optional().describe("Name of this engine in the cluster; default: the machine's."),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'must be 1-32 lower-case letters, digits or -')
    .default('cn-local')
    .describe('Region in ARNs and in what functions are told.'),
  isolation: z
    .enum(['thread', 'process', 'jailed'])
    .default('process')
    .describe('Where functions run: `process` and `jailed` are for code of strangers, `thread` is for your own.'),
  anonymous: flag
    .default(false)
    .describe(
      'Requests from this machine need no credentials and act as the admin of the default tenant. Loopback only.',
    ),
  internet: flag
    .default(false)
    .describe(
      'Functions may reach public hosts, unless they declare `internetAccess: false`. Private addresses stay closed.',
    ),
  eventSources: z
    .string()
    .min(1)
    .optional()
    .describe('JSON file with the buckets, connections, databases and logs that triggers may listen to.'),
  tlsCert: z.string().min(1).optional().describe('File with the certificate chain (PEM); turns TLS and HTTP/2 on.'),
  tlsKey: z.string().min(1).optional().describe("File with the certificate's private key (PEM)."),
  clockToleranceSeconds: seconds(86_400)
    .default(900)
    .describe('How far the clock of a client that signs may be off; seconds.'),
  maxSyncBytes: bytes(268_435_456).default(33_554_432).describe('Largest event of a sync call; bytes.'),
  maxStreamBytes: bytes(1_099_511_627_776)
    .default(209_715_200)
    .describe('Largest result that is sent in pieces; bytes.'),
  maxAsyncBytes: bytes(268_435_456).default(1_048_576).describe('Largest event of an async call; bytes.'),
  maxCodeBytes: bytes(1_073_741_824).default(104_857_600).describe('Largest request with a code package in it; bytes.'),
  maxHeaderBytes: bytes(1_048_576).default(32_768).describe('Headers of one request; bytes.'),
  maxConnections: z.coerce.number().int().min(1).max(1_000_000).default(10_000).describe('Connections at once.'),
  headersTimeoutSeconds: seconds(3_600)
    .default(30)
    .describe('A client may take this long to send its headers; seconds.'),
  requestTimeoutSeconds: seconds(86_400).default(120).describe('And this long for a whole request; seconds.'),
  keepAliveSeconds: seconds(86_400).default(75).describe('An idle connection is kept this long; seconds.'),
  shutdownSeconds: z.coerce
    .number()
    .min(0)
    .max(86_400)
    .default(30)
    .describe('Calls in progress may take this long at the end; seconds.'),
  metricsFunctions: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(500)
    .describe('Functions with a label of their own in the metrics; all others are counted together as `other`.'),
  console: flag.default(true).describe('The console at /console.'),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe('Least severe line of the log on standard error: `debug`, `info`, `warn`, `error` or `silent`.'),
  logCalls: flag.default(false).describe('One line in the log for every invocation, with all that is known of it.'),
  logFunctions: flag.default(false).describe('What functions write goes to the log too.'),
  logLines: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Recent log lines kept of each function.'),
  usageSeconds: seconds(86_400)
    .default(60)
    .describe('Time between two lines of a tenant in the usage export; seconds.'),
  workers: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .optional()
    .describe('Worker threads; default: available cores, at most 4.'),
  memoryBudgetMB: z.coerce
    .number()
    .min(1)
    .max(1_048_576)
    .optional()
    .describe('Memory idle instances may hold in all; MB, default 512.'),
  maxCells: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe('Child processes functions run in; default 16.'),
});

export type Settings = z.output<typeof settingsSchema>;
export type GivenSettings = z.input<typeof settingsSchema>;

/** Secrets are read from the environment alone: command lines and files are seen by others. */
export const SECRET_VARIABLES = Object.freeze({
  ISOPOD_ADMIN_ACCESS_KEY_ID: 'Access key of the first admin.',
  ISOPOD_ADMIN_ACCESS_KEY_SECRET: 'Its secret.',
  ISOPOD_NATS_USERNAME: 'User of the NATS server of the cluster.',
  ISOPOD_NATS_PASSWORD: 'And its password.',
  ISOPOD_NATS_TOKEN: 'Or a token.',
  ISOPOD_MASTER_KEY: 'Pass phrase the secrets of other access keys are encrypted with; at least 16 characters.',
});

export type SettingName = keyof Settings & string;

/** `maxSyncBytes` is `--max-sync-bytes` and `ISOPOD_MAX_SYNC_BYTES`. */
const words = (name: string): string[] =>
  name
    .replace(/MB$/, 'Mb')
    .split(/(?=[A-Z])/)
    .map((word) => word.toLowerCase());
export const flagOf = (name: string): string => `--${words(name).join('-')}`;
export const variableOf = (name: string): string => `ISOPOD_${words(name).join('_').toUpperCase()}`;

export interface SettingFacts {
  readonly name: SettingName;
  readonly flag: string;
  readonly variable: string;
  readonly description: string;
  readonly isSwitch: boolean;
  readonly default: string;
}

export const SETTINGS: readonly SettingFacts[] = Object.entries(settingsSchema.shape).map(([name, schema]) => {
  const fallback = (schema as z.ZodType).safeParse(undefined).data as unknown;
  return {
    name: name as SettingName,
    flag: flagOf(name),
    variable: variableOf(name),
    description: (schema as z.ZodType).description ?? '',
    isSwitch: fallback === false,
    default: fallback === undefined ? '' : String(fallback),
  };
});

/** What the environment sets, by name. Unknown `ISOPOD_` variables are somebody else's. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, variable } of SETTINGS) {
    const value = environment[variable];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}
