/** The configuration of EventBridge triggers, as Function Compute documents it, and what Isopod adds to it. */
import { z } from 'zod';
import { parsePattern } from './pattern.ts';

const name = z.string().min(1).max(256);
/** Seconds. */
const seconds = z.number().min(0).max(86_400);

const sources = z.strictObject({
  sourceMNSParameters: z
    .strictObject({ RegionId: z.string().optional(), QueueName: name, IsBase64Decode: z.boolean().default(true) })
    .optional(),
  sourceRabbitMQParameters: z
    .strictObject({
      RegionId: z.string().optional(),
      InstanceId: name,
      VirtualHostName: z.string().default('/'),
      QueueName: name,
    })
    .optional(),
  sourceMQTTParameters: z
    .strictObject({ RegionId: z.string().optional(), InstanceId: name, Topic: name, ClientId: name.optional() })
    .optional(),
  sourceNATSParameters: z
    .strictObject({ InstanceId: name, Stream: name, Subject: name.optional(), Consumer: name.optional() })
    .optional(),
  sourceRedisParameters: z.strictObject({ InstanceId: name, Stream: name, Group: name.optional() }).optional(),
  sourceEventBusParameters: z.strictObject({ EventBusName: name.default('default') }).optional(),
});

const pattern = z.string().transform((text, context) => {
  try {
    return parsePattern(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

export const eventBridgeConfig = z.strictObject({
  triggerEnable: z.boolean().default(true),
  /** True: events are handed to the function's queue. False: the function's result decides what becomes of them. */
  asyncInvocationType: z.boolean().default(false),
  /** JSON text. */
  eventRuleFilterPattern: pattern.prefault('{}'),
  eventSourceConfig: z
    .strictObject({
      eventSourceType: z.enum(['Default', 'MNS', 'RabbitMQ', 'MQTT', 'NATS', 'Redis']).default('Default'),
      eventSourceParameters: sources.prefault({}),
    })
    .prefault({}),
  eventSinkConfig: z
    .strictObject({
      deliveryOption: z
        .strictObject({
          eventSchema: z.enum(['CloudEvents', 'RawData']).default('CloudEvents'),
          /** Calls at once; with 1 events stay in order. */
          concurrency: z.number().int().min(1).max(100).default(1),
        })
        .prefault({}),
    })
    .prefault({}),
  runOptions: z
    .strictObject({
      /** `event-streaming`: the function gets arrays. */
      mode: z.enum(['event-driven', 'event-streaming']).default('event-driven'),
      /** What becomes of an event whose retries are over: `ALL` goes on, `NONE` tries without end. */
      errorsTolerance: z.enum(['NONE', 'ALL']).default('ALL'),
      retryStrategy: z
        .strictObject({
          PushRetryStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY', 'CUSTOM']).default('BACKOFF_RETRY'),
          /** `CUSTOM`. */
          MaximumRetryAttempts: z.number().int().min(0).max(1_000).default(3),
          RetryIntervalInSeconds: seconds.default(1),
        })
        .prefault({}),
      /** `acs:mns:{region}:{account}:/queues/{name}/messages`, or `/topics/{name}/messages`. */
      deadLetterQueue: z.strictObject({ Arn: z.string().min(1) }).optional(),
      batchWindow: z
        .strictObject({
          CountBasedWindow: z.number().int().min(1).max(10_000).default(1),
          TimeBasedWindow: seconds.default(0),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Shared with who posts CloudEvents to the hook of a trigger of a bus; without one posts come from this machine only. */
  webhookSecret: z.string().min(8).max(256).optional(),
});
export type EventBridgeConfig = z.output<typeof eventBridgeConfig>;

/** Milliseconds before retry `attempt` (from 1); undefined when there is none. `random`: 0-1. */
export function retryDelay(
  { PushRetryStrategy, MaximumRetryAttempts, RetryIntervalInSeconds }: EventBridgeConfig['runOptions']['retryStrategy'],
  attempt: number,
  random: number,
): number | undefined {
  switch (PushRetryStrategy) {
    // Three times, 10 to 20 seconds apart.
    case 'BACKOFF_RETRY':
      return attempt > 3 ? undefined : 10_000 + random * 10_000;
    // 1, 2, 4, ... 512, then 512 seconds each: 176 times in about a day.
    case 'EXPONENTIAL_DECAY_RETRY':
      return attempt > 176 ? undefined : 1_000 * 2 ** Math.min(9, attempt - 1);
    case 'CUSTOM':
      return attempt > MaximumRetryAttempts ? undefined : RetryIntervalInSeconds * 1_000;
  }
}
