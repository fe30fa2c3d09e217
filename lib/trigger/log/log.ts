/**
 * Log triggers: at every interval a call for each shard that has something new, with the range of it. A range moves on
 * when the function is done with it; one that fails `maxRetryTime` times is tried again at the next interval.
 */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { backoffMs, pause } from '../backoff.ts';
import { Streams } from '../kept/streams.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { LogFeeds } from './log-feeds.ts';
import { cursorOf, LogStore, SHARDS } from './log-store.ts';

/** Records of one call. */
const MOST = 1_000;

const config = z.strictObject({
  sourceConfig: z.strictObject({
    logstore: z.string().min(2),
    /** Seconds since the epoch to begin at; by default what comes from now on. */
    startTime: z.number().int().min(0).nullish(),
  }),
  jobConfig: z
    .strictObject({
      /** Seconds between two calls of a shard. */
      triggerInterval: z.number().min(0.05).max(3_600).default(60),
      /** Retries before a range waits for the next interval. */
      maxRetryTime: z.number().int().min(0).max(100).default(3),
    })
    .prefault({}),
  /** Told to the function as `parameter`. */
  functionParameter: z.record(z.string(), z.unknown()).default({}),
  logConfig: z.strictObject({ project: z.string().optional(), logstore: z.string().optional() }).optional(),
  enable: z.boolean().default(true),
  /** Puts the records into the event too, as `logs`: the function need not fetch them. */
  deliverLogs: z.boolean().default(false),
});
export type LogConfig = z.output<typeof config>;

export const log: TriggerKind<LogConfig> = {
  config,
  create: (context, checked) => new LogTrigger(context, checked),
  enabled: ({ enable }) => enable,
  sample: (context, checked) => logEvent(context, checked, 0, 1, 2, Math.floor(Date.now() / 1_000), []),
};

function projectOf({ arn }: TriggerContext): string {
  const project = /^project\/([\w-]{2,63})$/.exec(arn.resource)?.[1];
  if (project !== undefined) return project;
  throw new IsopodError(
    'InvalidArgument',
    'sourceArn of a log trigger looks like acs:log:{region}:{account}:project/{project}',
  );
}

function logEvent(
  context: TriggerContext,
  { functionParameter, sourceConfig, deliverLogs }: LogConfig,
  shardId: number,
  first: number,
  end: number,
  cursorTime: number,
  logs: readonly unknown[],
): object {
  const { arn, triggerId, triggerName } = context;
  return {
    parameter: functionParameter,
    source: {
      endpoint: `http://${arn.region}-intranet.log.aliyuncs.com`,
      projectName: projectOf(context),
      logstoreName: sourceConfig.logstore,
      shardId,
      beginCursor: cursorOf(first),
      endCursor: cursorOf(end),
    },
    jobName: createHash('sha1').update(`${triggerId}${triggerName}`).digest('hex'),
    taskId: randomUUID(),
    cursorTime,
    ...(deliverLogs && { logs }),
  };
}

class LogTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #config: LogConfig;
  readonly #store: LogStore;
  readonly #streams: Streams;
  readonly #feeds: LogFeeds;
  #loops: Promise<void>[] = [];
  #notReading: () => void = () => undefined;

  constructor(context: TriggerContext, checked: LogConfig) {
    const { services } = context;
    this.#context = context;
    this.#config = checked;
    this.#streams = Streams.of(services);
    this.#store = LogStore.of(services, `${projectOf(context)}/${checked.sourceConfig.logstore}`);
    this.#feeds = LogFeeds.of(services);
  }

  async start(): Promise<void> {
    const { startTime } = this.#config.sourceConfig;
    this.#notReading = this.#feeds.readBy(this.#store.name, this.#context.functionName);
    for (let shard = 0; shard < SHARDS; shard++) {
      const stream = this.#store.stream(shard);
      if (this.#position(shard) !== undefined) continue;
      const from = startTime == null ? this.#streams.last(stream) : this.#streams.seqAt(stream, startTime * 1_000) - 1;
      await this.#streams.advance(stream, this.#context.triggerId, from);
    }
    await this.#feeds.open(this.#store.name);
    this.#loops = Array.from({ length: SHARDS }, (_, shard) => this.#follow(shard));
  }

  #position(shard: number): number | undefined {
    return this.#streams.position(this.#store.stream(shard), this.#context.triggerId);
  }

  async #follow(shard: number): Promise<void> {
    const { delivery } = this.#context;
    const { triggerInterval } = this.#config.jobConfig;
    while (await pause(triggerInterval * 1_000, delivery.signal)) {
      // What is left of a long interval's records is not kept waiting for the next one.
      while (!delivery.signal.aborted && (await this.#once(shard)));
    }
  }

  /** One range. True when the next one may follow at once. */
  async #once(shard: number): Promise<boolean> {
    const { delivery, triggerId } = this.#context;
    const stream = this.#store.stream(shard);
    const entries = this.#streams.read(stream, this.#position(shard) ?? 0, MOST);
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return false;
    const logs = this.#config.deliverLogs ? entries.map(({ data }) => JSON.parse(data) as unknown) : [];
    const cursorTime = Math.floor(last.at / 1_000);
    const event = logEvent(this.#context, this.#config, shard, first.seq, last.seq + 1, cursorTime, logs);
    for (let failures = 0; failures <= this.#config.jobConfig.maxRetryTime; failures++) {
      if (failures > 0 && !(await pause(backoffMs(failures), delivery.signal))) return false;
      try {
        await delivery.call(event);
        await this.#streams.advance(stream, triggerId, last.seq);
        return entries.length === MOST;
      } catch {
        if (delivery.signal.aborted) return false;
      }
    }
    return false;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops);
    this.#notReading();
  }

  async forget(): Promise<void> {
    for (let shard = 0; shard < SHARDS; shard++)
      await this.#streams.forget(this.#store.stream(shard), this.#context.triggerId);
  }

  status(): SourceStatus {
    let lag = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      lag += Math.max(0, this.#streams.last(this.#store.stream(shard)) - (this.#position(shard) ?? 0));
    }
    return { lag, trouble: this.#feeds.trouble(this.#store.name) };
  }
}
