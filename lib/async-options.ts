/** Options of asynchronous calls, their defaults and bounds, and how they are checked. */
import { z } from 'zod';
import type { AsyncTaskStatus, DestinationConnector } from './async-types.ts';

export interface QueueOptions {
  /**
   * Async events of one function and qualifier that may wait in memory, rounded up to a power of two, 2-16,777,216;
   * default 65,536. Without a dataDir more are refused; with one, more wait on disk.
   */
  readonly capacity?: number | undefined;
  /** With a dataDir: events of one function and qualifier that may wait in all, 1-1,000,000,000; default 10,000,000. */
  readonly maxBacklog?: number | undefined;
  /** Memory the texts of all waiting events may take, in MB, 1-65,536; default 64. As `capacity` says, but for all functions. */
  readonly memoryMB?: number | undefined;
}

/** What happens to async events and their outcomes, beside what functions declare. */
export interface AsyncOptions {
  /** Seconds a task is remembered after its end, and its id refused to others, 1-31,536,000; default 604,800 (7 days). */
  readonly taskRetentionSeconds?: number | undefined;
  /** Seconds a dead letter is kept, 1-31,536,000; default 1,209,600 (14 days). */
  readonly deadLetterRetentionSeconds?: number | undefined;
  /** Seconds after which an outcome its destination did not take becomes a dead letter, 0-31,536,000; default 86,400. */
  readonly deliveryRetentionSeconds?: number | undefined;
  /**
   * Signs outcomes sent to HTTP endpoints (Standard Webhooks): `whsec_` and 24-64 bytes in base64. By default one is made,
   * kept in the dataDir, and told by `engine.webhookSecret`; outcomes of tenants are signed with others made from it.
   */
  readonly webhookSecret?: string | undefined;
  /**
   * Outcomes of functions with a tenant may be sent to private and loopback addresses; default false. Functions without a
   * tenant are the program's own: their outcomes may.
   */
  readonly allowPrivateDestinations?: boolean | undefined;
  /** What sends to topics, queues and buses. */
  readonly connectors?: readonly DestinationConnector[] | undefined;
  /** The region in ARNs; default `cn-local`. */
  readonly region?: string | undefined;
}

export const queueOptions = z.strictObject({
  capacity: z.number().int().min(2).max(16_777_216).default(65_536),
  maxBacklog: z.number().int().min(1).max(1_000_000_000).default(10_000_000),
  memoryMB: z.number().min(1).max(65_536).default(64),
});

/** A year. */
const retention = z.number().min(1).max(31_536_000);
export const asyncOptions = z.strictObject({
  taskRetentionSeconds: retention.default(604_800),
  deadLetterRetentionSeconds: retention.default(1_209_600),
  deliveryRetentionSeconds: z.number().min(0).max(31_536_000).default(86_400),
  webhookSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be "whsec_" and 24-64 bytes in base64')
    .optional(),
  allowPrivateDestinations: z.boolean().default(false),
  connectors: z
    .array(
      z.custom<DestinationConnector>(
        (value) => typeof (value as DestinationConnector | null)?.send === 'function',
        'must have name, accepts and send',
      ),
    )
    .default([]),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'must be 1-32 lower-case letters, digits or -')
    .default('cn-local'),
});

export const qualifier = z.string().min(1).max(128);
/** Longer ones are cut by nobody: the specification asks for 512 characters of state at least. */
export const traceContext = {
  traceparent: z.string().max(256).optional(),
  tracestate: z.string().max(8_192).optional(),
};
/** A text that has an encoding: no half of a character alone. */
const taskId = z
  .string()
  .min(1)
  .max(128)
  .refine((id) => id.isWellFormed(), 'must be well-formed Unicode');
export const invokeAsyncOptions = z.strictObject({
  qualifier: qualifier.optional(),
  taskId: taskId.optional(),
  delaySeconds: z.number().min(0).max(3_600).default(0),
  ...traceContext,
});

const page = { limit: z.number().int().min(1).max(100).optional(), nextToken: z.string().max(1_024).optional() };
export const putConfigOptions = z.strictObject({
  qualifier: qualifier.optional(),
  replace: z.boolean().default(false),
});
export const listOptions = z.strictObject(page);
export const listConfigsOptions = z.strictObject({ functionName: z.string().optional(), ...page });
export const taskStatuses = [
  'Enqueued',
  'Running',
  'Retrying',
  'Stopping',
  'Succeeded',
  'Failed',
  'Stopped',
  'Expired',
  'Invalid',
] as const satisfies readonly AsyncTaskStatus[];
const time = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
export const asyncTasksOptions = z.strictObject({
  qualifier: qualifier.optional(),
  prefix: z.string().max(128).optional(),
  status: z.enum(taskStatuses).optional(),
  startedTimeBegin: time.optional(),
  startedTimeEnd: time.optional(),
  sortOrderByTime: z.enum(['asc', 'desc']).optional(),
  includePayload: z.boolean().optional(),
  ...page,
});
export const rerunOptions = z.strictObject({ taskId: taskId.optional() });
export const redriveOptions = z.strictObject({ ids: z.array(z.string()).max(10_000).optional() });
