/**
 * From a source to its function. `accept` hands an event over to the function's queue, `call` waits for the result. Both
 * hold the source back: they resolve when the event is in safe hands, and wait while the engine is full. Counts, and
 * remembers the last event and the last error.
 */
import { type IsopodError, toIsopodError } from '../errors.ts';
import type { TriggerErrorInfo } from '../types.ts';
import { backoffMs, pause, stoppedError } from './backoff.ts';

/** What of the engine a trigger needs. */
export interface Caller {
  invoke(functionName: string, event: unknown, options: CallOptions): Promise<unknown>;
  invokeAsync(functionName: string, event: unknown, options: CallOptions): Promise<unknown>;
}

export interface CallOptions {
  readonly qualifier: string;
  readonly signal?: AbortSignal;
}

export interface DeliveryFacts {
  readonly events: number;
  readonly failures: number;
  readonly lastEventTime: string | undefined;
  readonly lastError: TriggerErrorInfo | undefined;
}

export class Delivery {
  readonly #caller: Caller;
  readonly #functionName: string;
  readonly #qualifier: string;
  readonly #stop = new AbortController();
  /** Calls in progress are given up. */
  readonly #abort = new AbortController();
  #events = 0;
  #failures = 0;
  #lastEvent: number | undefined;
  #lastError: TriggerErrorInfo | undefined;

  constructor(caller: Caller, functionName: string, qualifier: string) {
    this.#caller = caller;
    this.#functionName = functionName;
    this.#qualifier = qualifier;
  }

  /** Aborts when the trigger stops. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Nothing new begins. Calls in progress may finish for `graceMs`. Returns what ends that time early. */
  stop(graceMs: number): () => void {
    this.#stop.abort(stoppedError());
    const timer = setTimeout(() => this.#abort.abort(stoppedError()), graceMs);
    return () => clearTimeout(timer);
  }

  get facts(): DeliveryFacts {
    return {
      events: this.#events,
      failures: this.#failures,
      lastEventTime: this.#lastEvent === undefined ? undefined : new Date(this.#lastEvent).toISOString(),
      lastError: this.#lastError,
    };
  }

  /**
   * Resolves when the event is accepted. Waits and tries again when that can help. An event that can never be accepted
   * (too large, not serializable) is told and dropped, so that it does not hold up the others; false then. Rejects when
   * the trigger stops.
   */
  async accept(event: unknown): Promise<boolean> {
    for (let failures = 1; ; failures++) {
      try {
        await this.#caller.invokeAsync(this.#functionName, event, { qualifier: this.#qualifier });
        this.#happened();
        return true;
      } catch (thrown) {
        const error = toIsopodError(thrown);
        this.failed(error);
        if (isPoison(error)) return false;
        if (!(await pause(waitFor(error, failures), this.signal))) throw stoppedError();
      }
    }
  }

  /**
   * Resolves with the handler's value. Waits and tries again while the engine is full or lost the instance; rejects with
   * errors of the function and of the event itself, or when the trigger stops.
   */
  async call(event: unknown): Promise<unknown> {
    for (let failures = 1; ; failures++) {
      if (this.signal.aborted) throw stoppedError();
      try {
        const result = await this.#caller.invoke(this.#functionName, event, {
          qualifier: this.#qualifier,
          signal: this.#abort.signal,
        });
        this.#happened();
        return result;
      } catch (thrown) {
        if (this.#abort.signal.aborted) throw stoppedError();
        const error = toIsopodError(thrown);
        this.failed(error);
        if (error.kind === 'function' || isPoison(error)) throw error;
        if (!(await pause(waitFor(error, failures), this.signal))) throw stoppedError();
      }
    }
  }

  /** `call` until it succeeds, as sources do whose order must not break. Rejects with what can never succeed. */
  async callUntilDone(event: unknown): Promise<unknown> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.call(event);
      } catch (thrown) {
        const error = toIsopodError(thrown);
        if (error.kind !== 'function') throw error;
        if (!(await pause(backoffMs(failures), this.signal))) throw stoppedError();
      }
    }
  }

  #happened(): void {
    this.#events++;
    this.#lastEvent = Date.now();
  }

  /** Something went wrong that the trigger's owner should see. */
  failed(thrown: unknown): TriggerErrorInfo {
    const { code, message } = toIsopodError(thrown);
    this.#failures++;
    this.#lastError = { code, message: message.slice(0, 1_000), time: new Date().toISOString() };
    return this.#lastError;
  }
}

/** The same event would fail again whatever happens. */
export const isPoison = ({ code }: IsopodError): boolean =>
  code === 'PayloadTooLarge' || code === 'EventNotSerializable' || code === 'InvalidArgument';

const waitFor = (error: IsopodError, failures: number): number =>
  Math.max(backoffMs(failures), Math.min(5_000, (error.retryAfterMs ?? 0) * Math.random()));
