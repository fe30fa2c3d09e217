/**
 * Where accepted events of one function and qualifier wait, and what is kept of them until they end. In memory
 * (`MemoryBacklog`), or in a journal with the next ones in memory (`StoredBacklog`); a store that many engines share has
 * the same seams: publish, take, retry at a time, acknowledge.
 */
import type { AcceptedEvent } from '../outcome/accepted-event.ts';
import type { TaskRecord } from '../outcome/task-record.ts';

export interface Backlog {
  /** What waits outlives the engine. */
  readonly isLasting: boolean;
  /** Events accepted and not handed out. */
  readonly size: number;
  /** When the oldest of them was accepted, milliseconds since the epoch, as far as memory knows; undefined when none waits. */
  readonly oldest: number | undefined;
  /** There is something to take. */
  readonly hasReady: boolean;

  /**
   * Accepts an event; it may be taken after `delayMs`. A promise when it must be kept first. Throws or rejects with
   * `ResourceExhausted` or `StoreFailed`; then it was not accepted.
   */
  publish(
    no: number,
    text: string,
    binary: boolean,
    task: TaskRecord | undefined,
    delayMs: number,
  ): Promise<void> | undefined;

  /** Hands the next event out: it is neither forgotten nor handed out again before one of the three below is called. */
  take(): AcceptedEvent | undefined;
  /** An attempt failed: it is handed out again after `delayMs`, with the failures it has now. */
  retry(event: AcceptedEvent, delayMs: number): void;
  /** It was not begun: it is the next one again. */
  putBack(event: AcceptedEvent): void;
  /** It has ended; it may be forgotten. */
  end(event: AcceptedEvent): void;

  /** Somebody takes its events now: from here on it keeps the next ones at hand. */
  wake(): void;
  /** Takes the waiting event of a task out, so that it can be ended; undefined when it does not wait. */
  remove(task: TaskRecord): Promise<AcceptedEvent | undefined>;
  /** Takes everything that waits out, next first, some at a time, so that it can be ended. Nothing is accepted any more. */
  drain(): AsyncIterable<readonly AcceptedEvent[]>;
  /** The engine ends. Gives what is lost with it, if anything is. */
  close(): readonly AcceptedEvent[];
}
