/** The words of the public surface that are about asynchronous calls, in one place. Types only; times say their unit. */
import type { ErrorRecord, IsopodError } from './errors.ts';

/**
 * What happens to async events of a function, in its declaration or by `putAsyncInvokeConfig` for a function and qualifier,
 * which wins. Field names are Function Compute's where it has them.
 */
export interface AsyncInvokeSettings {
  /** Retries after a function error, 0-8; default 3. */
  readonly maxAsyncRetryAttempts?: number | undefined;
  /**
   * Retries after a system error, with exponential backoff: `unlimited` (default); `5h`: for 5 hours from acceptance (Function
   * Compute's documents until 2024); `none`: only calls that found no room are tried again, for 5 hours (those of 2026).
   */
  readonly systemErrorPolicy?: 'unlimited' | '5h' | 'none' | undefined;
  /** First wait of the exponential backoff in milliseconds, 1-60,000; default 100. */
  readonly retryBackoffMs?: number | undefined;
  /** Longest wait between two attempts in milliseconds, 1-3,600,000; default 60,000. */
  readonly maxRetryBackoffMs?: number | undefined;
  /**
   * Seconds from acceptance after which no attempt is begun any more, 1-2,592,000; the event ends as `Expired`. Default: none,
   * because system errors are retried without limit.
   */
  readonly maxAsyncEventAgeInSeconds?: number | undefined;
  /** Every event is a task, with an id of its own where its caller gave none; default false. */
  readonly asyncTask?: boolean | undefined;
  /** Where outcomes are sent. */
  readonly destinationConfig?:
    | {
        /** Told of events that succeeded. */
        readonly onSuccess?: DestinationConfig | undefined;
        /** Told of events that failed for the last time, expired, or were stopped. */
        readonly onFailure?: DestinationConfig | undefined;
      }
    | undefined;
}

export interface DestinationConfig {
  /**
   * `functions/{name}[/{qualifier}]`, alone or as the end of a Function Compute ARN, or a Lambda ARN: a function of the same
   * tenant is called asynchronously. `https://...`, `http://...`: the outcome is posted, signed. `dead-letter`: failed events
   * are kept for `redriveDeadLetters`. Any other address is a connector's.
   */
  readonly destination: string;
}

/** In a declaration an embedding program may have itself called, too. */
export interface AsyncInvokeConfig extends AsyncInvokeSettings {
  /** An error it throws is told to the engine's `logger`. With a dataDir the event is forgotten when it has returned. */
  readonly onSuccess?: ((outcome: AsyncOutcome) => void | Promise<void>) | undefined;
  readonly onFailure?: ((outcome: AsyncOutcome) => void | Promise<void>) | undefined;
}

export interface PutAsyncInvokeConfigOptions {
  /** Version number, alias, or `LATEST` (default). */
  readonly qualifier?: string | undefined;
  /** What is not said is forgotten; by default it keeps its value. */
  readonly replace?: boolean | undefined;
}

/** What `putAsyncInvokeConfig` said, all of it together. */
export interface AsyncInvokeConfigInfo extends AsyncInvokeSettings {
  readonly functionName: string;
  readonly qualifier: string;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

export interface AsyncInvokeConfigPage {
  readonly configs: readonly AsyncInvokeConfigInfo[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface ListOptions {
  /** Of a page, 1-100; default 20. */
  readonly limit?: number | undefined;
  /** Of the page before. */
  readonly nextToken?: string | undefined;
}

export interface ListAsyncInvokeConfigsOptions extends ListOptions {
  readonly functionName?: string | undefined;
}

/** What became of one accepted async event. */
export interface AsyncOutcome {
  readonly functionName: string;
  readonly requestId: string;
  readonly taskId: string | undefined;
  /** The event as the caller gave it (JSON values are copies). */
  readonly event: unknown;
  /** Made at the event; 0 where it ended before the first. */
  readonly attempts: number;
  /** `Expired`: older than `maxAsyncEventAgeInSeconds`. `Invalid`: the function, or its version or alias, was deleted. */
  readonly condition: 'Success' | 'RetriesExhausted' | 'Stopped' | 'Expired' | 'Invalid';
  /** The handler's value; present on success. */
  readonly result?: unknown;
  /** The last failure; present otherwise. */
  readonly error?: IsopodError;
  /** Milliseconds since the epoch at which the event was accepted. */
  readonly acceptedAt: number;
}

export interface InvokeAsyncOptions {
  /** Version number, alias, or `LATEST` (default). */
  readonly qualifier?: string | undefined;
  /**
   * The caller's name for this call, unique per function as long as the task is remembered; makes it findable with
   * `getAsyncTask`.
   */
  readonly taskId?: string | undefined;
  /** Seconds to wait before the first attempt, 0-3,600; default 0. */
  readonly delaySeconds?: number | undefined;
  /** W3C Trace Context of the caller, as for `invoke`. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

export interface AsyncReceipt {
  readonly requestId: string;
  /** Of a task: the caller's, or the one it was given. */
  readonly taskId: string | undefined;
}

export type AsyncTaskStatus =
  | 'Enqueued'
  | 'Running'
  | 'Retrying'
  | 'Stopping'
  /** These five are final. */
  | 'Succeeded'
  | 'Failed'
  | 'Stopped'
  | 'Expired'
  | 'Invalid';

/** A change of a task's state. */
export interface AsyncTaskEvent {
  /** From 1. */
  readonly eventId: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly status: AsyncTaskStatus;
  /** JSON text `{"Error": code, "Message": message}` after a failure, else empty. */
  readonly eventDetail: string;
}

/** An async call with a name. Field names are Function Compute's where it has them. */
export interface AsyncTask {
  readonly functionName: string;
  readonly qualifier: string;
  readonly taskId: string;
  readonly requestId: string;
  readonly status: AsyncTaskStatus;
  /** Milliseconds since the epoch at which it was accepted. */
  readonly startedTime: number;
  /** Milliseconds since the epoch; absent as long as it has not ended. */
  readonly endTime?: number;
  readonly durationMs?: number;
  readonly alreadyRetriedTimes: number;
  /** Of the last attempt. */
  readonly instanceId?: string;
  /** `Succeeded` or `Failed`, when there is a destination that took its outcome, or never did. */
  readonly destinationStatus?: string;
  /** The last failure, where there was one. */
  readonly error?: ErrorRecord;
  readonly taskErrorMessage?: string;
  /** Oldest first; the last 100. */
  readonly events: readonly AsyncTaskEvent[];
  /** The event, as text; in lists only where it was asked for. */
  readonly taskPayload?: string;
  /** The handler's value as text, at most 1,000,000 characters; as `taskPayload`. */
  readonly returnPayload?: string;
}

export interface ListAsyncTasksOptions extends ListOptions {
  readonly qualifier?: string | undefined;
  /** What the ids begin with. */
  readonly prefix?: string | undefined;
  readonly status?: AsyncTaskStatus | undefined;
  /** Milliseconds since the epoch, both included. */
  readonly startedTimeBegin?: number | undefined;
  readonly startedTimeEnd?: number | undefined;
  /** By `startedTime`; default `asc`. */
  readonly sortOrderByTime?: 'asc' | 'desc' | undefined;
  /** With `taskPayload` and `returnPayload`; default false. */
  readonly includePayload?: boolean | undefined;
}

export interface AsyncTaskPage {
  readonly tasks: readonly AsyncTask[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface RerunOptions {
  /** Of the new task; one is made by default. */
  readonly taskId?: string | undefined;
}

/** An event that was given up, or an outcome its destination never took. */
export interface DeadLetter {
  readonly id: string;
  readonly kind: 'event' | 'outcome';
  readonly functionName: string;
  readonly qualifier: string;
  readonly requestId: string;
  readonly taskId: string | undefined;
  /** An error code, or `EventAgeExceeded`, or `Stopped`. */
  readonly reason: string;
  readonly message: string;
  /** Made at the event. */
  readonly attempts: number;
  /** Milliseconds since the epoch at which it was given up. */
  readonly time: number;
  /** Where the outcome was to go. */
  readonly destination: string | undefined;
}

export interface DeadLetterDetail extends DeadLetter {
  /** As text; empty for an outcome. */
  readonly event: string;
  /** What a destination is told: see docs/async.md. */
  readonly record: unknown;
}

export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface RedriveOptions {
  /** Only these, at most 10,000; default: all of the function. */
  readonly ids?: readonly string[] | undefined;
}

/** An outcome that waits for its destination to take it. */
export interface DestinationDelivery {
  readonly functionName: string;
  readonly qualifier: string;
  readonly requestId: string;
  readonly taskId: string | undefined;
  /** The event's, not the delivery's. */
  readonly success: boolean;
  readonly destination: string;
  /** Milliseconds since the epoch at which the event ended. */
  readonly time: number;
  /** Made at telling the destination. */
  readonly attempts: number;
  readonly nextAttemptTime?: number;
  /** Of the last attempt. */
  readonly error?: string;
}

export interface DestinationDeliveryPage {
  readonly deliveries: readonly DestinationDelivery[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface ConnectorMessage {
  /** The same for every attempt at one message, so that the other side can tell it from others. */
  readonly id: string;
  /** JSON text: see docs/async.md. */
  readonly body: string;
  /** Whose outcome it is: the full name, and whether the event succeeded. */
  readonly functionName: string;
  readonly success: boolean;
  /** Aborted when it took too long, or the engine is closed. */
  readonly signal: AbortSignal;
}

/** Sends outcomes to topics, queues and buses of one kind. */
export interface DestinationConnector {
  /** For people. */
  readonly name: string;
  /** It takes addresses written like this, for example `acs:mns:...` or `nats://...`. */
  accepts(address: string): boolean;
  /** Throws when nothing could be sent to an address it takes; asked when a destination is configured. */
  check?(address: string): void;
  /** Resolves when the other side has taken it; rejects when it has to be tried again. */
  send(address: string, message: ConnectorMessage): Promise<void>;
}
