/** The engine's own queues. A message that was received is hidden for a while, and comes again unless it is deleted. */
import { EventFile } from '../kept/event-file.ts';
import type { Services } from '../services.ts';

export interface SendOptions {
  /** Seconds until it can be received, 0-604,800; default 0. */
  readonly delaySeconds?: number | undefined;
}

export interface QueuedMessage {
  readonly id: number;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly sent: number;
  /** 1 for the first time. */
  readonly receives: number;
}

interface Row {
  readonly id: number;
  readonly data: string;
  readonly sent: number;
  readonly receives: number;
}

export class Queues {
  readonly #file: EventFile;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(file: EventFile) {
    this.#file = file;
  }

  static of(services: Services): Queues {
    return services.part('queues', () => new Queues(EventFile.of(services)));
  }

  /** Resolves with the message's number when it is kept. */
  async send(queue: string, body: string, { delaySeconds = 0 }: SendOptions = {}): Promise<number> {
    const now = Date.now();
    const id = await this.#file.change(() =>
      Number(
        this.#file.run(
          'INSERT INTO messages (queue, visible, sent, receives, data) VALUES (?, ?, ?, 0, ?)',
          queue,
          now + delaySeconds * 1_000,
          now,
          body,
        ),
      ),
    );
    for (const listener of this.#listeners.get(queue) ?? []) listener();
    return id;
  }

  /** Those that can be seen, oldest first; hidden for `hideMs` from now on. */
  receive(queue: string, limit: number, hideMs: number): Promise<QueuedMessage[]> {
    return this.#file.change(() => {
      const now = Date.now();
      const rows = this.#file.all<Row>(
        'SELECT id, data, sent, receives FROM messages WHERE queue = ? AND visible <= ? ORDER BY id LIMIT ?',
        queue,
        now,
        limit,
      );
      for (const { id } of rows) {
        this.#file.run('UPDATE messages SET visible = ?, receives = receives + 1 WHERE id = ?', now + hideMs, id);
      }
      return rows.map(({ id, data, sent, receives }) => ({ id, body: data, sent, receives: receives + 1 }));
    });
  }

  delete(id: number): Promise<void> {
    return this.#file.change(() => void this.#file.run('DELETE FROM messages WHERE id = ?', id));
  }

  /** Hides a message for `ms` from now on: more time, or 0 to give it back. */
  hide(ids: readonly number[], ms: number): Promise<void> {
    return this.#file.change(() => {
      for (const id of ids) this.#file.run('UPDATE messages SET visible = ? WHERE id = ?', Date.now() + ms, id);
    });
  }

  /** When the next one can be seen; undefined when there is none. */
  nextVisible(queue: string): number | undefined {
    return (
      this.#file.get<{ at: number | null }>('SELECT min(visible) AS at FROM messages WHERE queue = ?', queue)?.at ??
      undefined
    );
  }

  /** Messages, hidden ones too. */
  count(queue: string): number {
    return (
      this.#file.get<{ count: number }>('SELECT count(*) AS count FROM messages WHERE queue = ?', queue)?.count ?? 0
    );
  }

  watch(queue: string, listener: () => void): () => void {
    let listeners = this.#listeners.get(queue);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(queue, listeners);
    }
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
