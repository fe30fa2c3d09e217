/** Events that are kept in memory only: they end with the engine. */

import { now } from '../journal/clock.ts';
import { type AcceptedEvent, noFailures } from '../outcome/accepted-event.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import type { Backlog } from './backlog.ts';
import { Front, type Room } from './front.ts';
import { full } from './full.ts';

export class MemoryBacklog implements Backlog {
  readonly isLasting = false;
  readonly #front: Front;
  readonly #onReady: () => void;
  #closed = false;

  /** `capacity`: events that may wait. `onReady`: there may be something to take. */
  constructor(capacity: number, room: Room, onReady: () => void) {
    this.#front = new Front(capacity, room, onReady);
    this.#onReady = onReady;
  }

  get size(): number {
    return this.#front.size;
  }

  get oldest(): number | undefined {
    return this.#front.oldest;
  }

  get hasReady(): boolean {
    return this.#front.hasReady;
  }

  publish(no: number, text: string, binary: boolean, task: TaskRecord | undefined, delayMs: number): undefined {
    const front = this.#front;
    const accepted = now();
    if (front.freshCount + front.timedCount >= front.capacity || this.#closed) {
      throw full(`the queue holds ${front.capacity} events already; raise queue.capacity`);
    }
    if (!front.hasRoom) throw full('the events that wait take all of queue.memoryMB; raise it');
    if (delayMs === 0) {
      front.offer(no, text, binary, accepted, task);
      this.#onReady();
    } else {
      front.schedule({ no, text, binary, accepted, due: accepted + delayMs, task, failures: noFailures });
    }
  }

  take(): AcceptedEvent | undefined {
    return this.#front.take();
  }

  retry(event: AcceptedEvent, delayMs: number): void {
    this.#front.schedule({ ...event, due: now() + delayMs });
  }

  putBack(event: AcceptedEvent): void {
    this.#front.putBack(event);
  }

  end(): void {}

  wake(): void {}

  async remove(task: TaskRecord): Promise<AcceptedEvent | undefined> {
    return this.#front.removeTimed(task);
  }

  async *drain(): AsyncIterable<readonly AcceptedEvent[]> {
    yield this.close();
  }

  close(): readonly AcceptedEvent[] {
    this.#closed = true;
    return this.#front.clear();
  }
}
