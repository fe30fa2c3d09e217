/** Where an EventBridge trigger's events come from: a server, a queue or the bus. */
import type { CloudEvent } from './cloud-event.ts';

/** A message that is in the trigger's hands until one of its ends is told to the source. */
export interface Message {
  /** Names the message within a batch. */
  readonly id: string;
  readonly event: CloudEvent;
  /** The source hands over no other before this one is settled, so there is no use in waiting for more. */
  readonly isAlone?: boolean;
  /** The source may forget it. */
  done(): void | Promise<void>;
  /** It was not dealt with: the trigger stops, and the message comes again. */
  release?(): void | Promise<void>;
}

export interface MessageSource {
  /**
   * Connects and hands over messages, at most `prefetch` unsettled ones; resolves when `signal` aborts, rejects when the
   * connection fails or is lost. May be called again after that. `connected` is called when it is.
   */
  run(take: (message: Message) => void, prefetch: number, signal: AbortSignal, connected: () => void): Promise<void>;
  /** Messages that are there and not taken; asked for while it runs. */
  lag?(): Promise<number>;
  /** Once a trigger is deleted. */
  forget?(): Promise<void>;
}
