/**
 * Takes entries of a stream to a function, in order: reads a few, hands them over, and moves on when they are in safe
 * hands. Reads nothing while the function's queue does not take more. A failure is told, and the same entries come again.
 */
import { backoffMs, pause } from '../backoff.ts';
import type { TriggerContext } from '../trigger.ts';
import type { Entry, Streams } from './streams.ts';

export interface FollowerOptions {
  readonly context: TriggerContext;
  readonly streams: Streams;
  readonly stream: string;
  /** Most entries of one turn, 1-1,000; default 100. */
  readonly batch?: number | undefined;
  /** Resolves when the entries are in safe hands. */
  readonly deliver: (entries: readonly Entry[]) => Promise<void>;
}

const BATCH = 100;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #consumer: string;
  #position = 0;
  #wake: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#consumer = options.context.triggerId;
  }

  /** `from`: where a follower begins that has never been there; the end of the stream by default. */
  async start(from?: number): Promise<void> {
    const { streams, stream } = this.#options;
    const known = streams.position(stream, this.#consumer);
    this.#position = known ?? from ?? streams.last(stream);
    if (known === undefined) await streams.advance(stream, this.#consumer, this.#position);
    this.#unwatch = streams.watch(stream, () => this.#wake?.());
    this.#loop = this.#follow();
  }

  async #follow(): Promise<void> {
    const { context, streams, stream, batch = BATCH, deliver } = this.#options;
    const { signal } = context.delivery;
    signal.addEventListener('abort', () => this.#wake?.());
    let failures = 0;
    while (!signal.aborted) {
      try {
        const entries = streams.read(stream, this.#position, batch);
        const last = entries.at(-1);
        if (last === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        await deliver(entries);
        await streams.advance(stream, this.#consumer, last.seq);
        this.#position = last.seq;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        context.delivery.failed(error);
        await pause(backoffMs(++failures), signal);
      }
    }
  }

  get lag(): number {
    const { streams, stream } = this.#options;
    return Math.max(0, streams.last(stream) - this.#position);
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    this.#wake?.();
    await this.#loop;
  }

  /** Entries are not kept for this follower any more. */
  forget(): Promise<void> {
    return this.#options.streams.forget(this.#options.stream, this.#consumer);
  }
}
