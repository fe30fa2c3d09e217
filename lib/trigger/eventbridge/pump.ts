/**
 * From a source's messages to calls: windows that fill, calls at once, retries, and the dead letter queue. A message is
 * settled with its source only when it was accepted (async), done (sync), or put into the dead letter queue. One class:
 * a message's way through it is one thing.
 */
import { type IsopodError, toIsopodError } from '../../errors.ts';
import { pause, stoppedError } from '../backoff.ts';
import { isPoison } from '../delivery.ts';
import { sourceError } from '../source-error.ts';
import type { TriggerContext } from '../trigger.ts';
import { type EventBridgeConfig, retryDelay } from './config.ts';
import type { Message } from './source.ts';

export interface PumpOptions {
  readonly context: TriggerContext;
  readonly config: EventBridgeConfig;
  /** Resolves when the dead letter is kept; undefined when there is no such queue. */
  readonly bury: ((message: Message, error: IsopodError) => Promise<void>) | undefined;
}

/** Messages of a trigger with an async function that are accepted together. */
const ASYNC_BATCH = 256;

export class Pump {
  readonly #options: PumpOptions;
  #window: Message[] = [];
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  readonly #waiting: Message[][] = [];
  #busy = 0;
  readonly #running = new Set<Promise<void>>();

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** Messages a source should hand over before the first is settled. */
  get prefetch(): number {
    const { asyncInvocationType, eventSinkConfig, runOptions } = this.#options.config;
    const { concurrency } = eventSinkConfig.deliveryOption;
    const perCall = runOptions.mode === 'event-streaming' ? runOptions.batchWindow.CountBasedWindow : 1;
    return asyncInvocationType ? Math.max(ASYNC_BATCH, perCall) : perCall * concurrency * 2;
  }

  readonly take = (message: Message): void => {
    const { eventRuleFilterPattern, runOptions, asyncInvocationType } = this.#options.config;
    if (!eventRuleFilterPattern(message.event)) return void this.#track(Promise.resolve(message.done()));
    const { mode, batchWindow } = runOptions;
    const isStreaming = mode === 'event-streaming';
    this.#window.push(message);
    const size = isStreaming ? batchWindow.CountBasedWindow : asyncInvocationType ? ASYNC_BATCH : 1;
    if (this.#window.length >= size || (message.isAlone === true && !isStreaming)) return this.#close();
    const ms = isStreaming ? batchWindow.TimeBasedWindow * 1_000 : 0;
    // What comes in one turn goes together also where no time is given.
    if (ms === 0) this.#turn ??= setImmediate(() => this.#close());
    else this.#timer ??= setTimeout(() => this.#close(), ms);
  };

  /** Whatever would close the window is called off. */
  #wantNoMore(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
  }

  #close(): void {
    this.#wantNoMore();
    if (this.#window.length === 0) return;
    this.#waiting.push(this.#window);
    this.#window = [];
    this.#next();
  }

  #next(): void {
    const { concurrency } = this.#options.config.eventSinkConfig.deliveryOption;
    while (this.#busy < concurrency) {
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      this.#busy++;
      this.#track(
        this.#deliver(batch).finally(() => {
          this.#busy--;
          this.#next();
        }),
      );
    }
  }

  #track(work: Promise<void>): void {
    const { delivery } = this.#options.context;
    const tracked = work.catch((error: unknown) => {
      if (!delivery.signal.aborted) delivery.failed(sourceError(error));
    });
    this.#running.add(tracked);
    void tracked.finally(() => this.#running.delete(tracked));
  }

  async #deliver(batch: readonly Message[]): Promise<void> {
    const { delivery } = this.#options.context;
    if (delivery.signal.aborted) return release(batch);
    try {
      await (this.#options.config.asyncInvocationType ? this.#accept(batch) : this.#call(batch));
    } catch (error) {
      await release(batch);
      throw error;
    }
  }

  #payload(batch: readonly Message[]): unknown {
    const { runOptions, eventSinkConfig } = this.#options.config;
    const isRaw = eventSinkConfig.deliveryOption.eventSchema === 'RawData';
    const events = batch.map(({ event }) => (isRaw ? event.data : event));
    return runOptions.mode === 'event-streaming' ? events : events[0];
  }

  async #accept(batch: readonly Message[]): Promise<void> {
    const { delivery } = this.#options.context;
    const calls = this.#options.config.runOptions.mode === 'event-streaming' ? [batch] : batch.map((one) => [one]);
    await Promise.all(calls.map((call) => delivery.accept(this.#payload(call))));
    await Promise.all(batch.map((message) => message.done()));
  }

  async #call(batch: readonly Message[]): Promise<void> {
    const { delivery } = this.#options.context;
    const { errorsTolerance, retryStrategy } = this.#options.config.runOptions;
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt++) {
      const failure = await this.#attempt(left);
      left = failure.messages;
      if (left.length === 0) return;
      const ms = isPoison(failure.error) ? undefined : retryDelay(retryStrategy, attempt, Math.random());
      if (ms === undefined && errorsTolerance === 'ALL') return this.#giveUp(left, failure.error);
      if (
        !(await pause(
          ms ??
            retryDelay({ ...retryStrategy, PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' }, Math.min(attempt, 100), 0) ??
            0,
          delivery.signal,
        ))
      ) {
        throw stoppedError();
      }
    }
  }

  /** Those that failed, and why. The others are done. */
  async #attempt(batch: readonly Message[]): Promise<{ messages: readonly Message[]; error: IsopodError }> {
    const { delivery } = this.#options.context;
    let failed: readonly Message[] = [];
    try {
      const result = await delivery.call(this.#payload(batch));
      const names = failedItems(result);
      failed = names.size === 0 ? [] : batch.filter(({ id }) => names.has(id));
      const isWrong = names.size > 0 && failed.length === 0;
      // Names nobody knows: the whole batch counts as failed, so that nothing is lost.
      if (isWrong) failed = batch;
    } catch (error) {
      if (delivery.signal.aborted) throw error;
      return { messages: batch, error: toIsopodError(error) };
    }
    const others = new Set(failed);
    await Promise.all(batch.filter((message) => !others.has(message)).map((message) => message.done()));
    return { messages: failed, error: toIsopodError(new Error('The function reported a failure of this item')) };
  }

  async #giveUp(batch: readonly Message[], error: IsopodError): Promise<void> {
    const { context, bury } = this.#options;
    for (const message of batch) {
      await bury?.(message, error);
      await message.done();
    }
    const { functionName, triggerName, log } = context;
    log.warn('Events were given up', {
      functionName,
      triggerName,
      count: batch.length,
      code: error.code,
      buried: bury !== undefined,
    });
  }

  /** Resolves when nothing is under way; what was not begun goes back. Call when the source hands nothing over any more. */
  async stop(): Promise<void> {
    this.#wantNoMore();
    const left = [...this.#waiting.splice(0).flat(), ...this.#window.splice(0)];
    await release(left);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  get inHand(): number {
    return this.#window.length + this.#waiting.reduce((sum, batch) => sum + batch.length, 0);
  }
}

async function release(batch: readonly Message[]): Promise<void> {
  await Promise.allSettled(batch.map((message) => message.release?.()));
}

/** Lambda's partial batch response. */
function failedItems(result: unknown): ReadonlySet<string> {
  const list = (result as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  if (!Array.isArray(list)) return new Set();
  return new Set(list.map((item) => String((item as { itemIdentifier?: unknown } | null)?.itemIdentifier)));
}
