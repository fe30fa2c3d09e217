/** What an event source is to the engine: a kind of trigger, and one trigger of it with its ways to function and catalog. */
import type { z } from 'zod';
import type { EngineLogger } from '../options.ts';
import type { TriggerErrorInfo } from '../types.ts';
import type { Alarms } from './alarms.ts';
import type { Delivery } from './delivery.ts';
import type { Positions } from './positions.ts';
import type { Services } from './services.ts';

/** A source bound to a function. Made from a checked configuration; nothing happens before `start`. */
export interface Trigger {
  /**
   * Begins to watch the source. What can come right by itself (a server that is away) does not reject: it is told with
   * `Delivery.failed` and tried again.
   */
  start(): Promise<void>;
  /** Resolves when the source is not read any more and nothing it began is under way. Called once, after `start`. */
  stop(): Promise<void>;
  /** The trigger is deleted, and stopped: nothing has to be kept for it any more. */
  forget?(): Promise<void>;
  status(): SourceStatus;
}

/** What a source knows of itself; the rest of a trigger's status is `Delivery`'s. */
export interface SourceStatus {
  /** Events that are there and not delivered; undefined where the source cannot tell. */
  readonly lag?: number | undefined;
  /** What the source waits for, when it cannot work: a server, a folder. */
  readonly trouble?: TriggerErrorInfo | undefined;
  /** When the source has something next; timers. ISO 8601. */
  readonly nextEventTime?: string | undefined;
}

export interface TriggerKind<Config = unknown> {
  /** Of the parsed triggerConfig. */
  readonly config: z.ZodType<Config>;
  /** Throws `InvalidArgument` when this engine cannot serve the trigger. */
  create(context: TriggerContext, config: Config): Trigger;
  /** An event as the source would make it, for a trial. */
  sample(context: TriggerContext, config: Config): unknown;
  /** False where the configuration says that nothing is to happen. */
  enabled?(config: Config): boolean;
  /**
   * In a cluster one engine alone may run it at a time: what it reads would be read twice. Timers claim each of their runs, servers
   * give each message to one reader, and what lies in an engine's own folder is that engine's.
   */
  isSingle?(context: TriggerContext, config: Config): boolean;
}

/** Everything a trigger has to do with. */
export interface TriggerContext {
  readonly functionName: string;
  readonly triggerName: string;
  readonly triggerId: string;
  readonly arn: SourceArn;
  readonly delivery: Delivery;
  readonly positions: Positions;
  readonly alarms: Alarms;
  readonly services: Services;
  readonly log: EngineLogger;
}

/** `acs:{service}:{region}:{account}:{resource}`, with what is missing filled in. */
export interface SourceArn {
  readonly region: string;
  readonly accountId: string;
  /** Empty when there is no ARN. */
  readonly resource: string;
}

export const DEFAULT_REGION = 'cn-local';
export const DEFAULT_ACCOUNT = '1000000000000001';

export function parseSourceArn(text: string | undefined): SourceArn {
  const [, , region = '', accountId = '', ...resource] = (text ?? '').split(':');
  return {
    region: region === '' || region === '*' ? DEFAULT_REGION : region,
    accountId: accountId === '' || accountId === '*' ? DEFAULT_ACCOUNT : accountId,
    resource: resource.join(':'),
  };
}
