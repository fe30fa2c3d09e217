/** Triggers without an engine: a clock that is set by hand, and a caller that remembers. */

import type { Clock } from '../../lib/journal/clock.ts';
import type { Catalog } from '../../lib/store/catalog.ts';
import type { Home } from '../../lib/store/home.ts';
import { MemoryCatalog } from '../../lib/store/memory-catalog.ts';
import { Alarms } from '../../lib/trigger/alarms.ts';
import type { CallOptions } from '../../lib/trigger/delivery.ts';
import { Services } from '../../lib/trigger/services.ts';
import { Triggers } from '../../lib/trigger/triggers.ts';

export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  wakes = 0;

  constructor(now: string) {
    this.#now = Date.parse(now);
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, wake: () => void): () => void {
    const sleeper = { at: this.#now + ms, wake };
    this.#sleepers.add(sleeper);
    return () => void this.#sleepers.delete(sleeper);
  }

  /** Moves on to `to`, waking everyone on the way, and lets them finish. */
  async advanceTo(to: string): Promise<void> {
    const end = Date.parse(to);
    for (;;) {
      await settle();
      const due = [...this.#sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#sleepers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      this.wakes++;
      due.wake();
    }
    this.#now = end;
  }
}

/** Everything that waits for nothing but promises. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

export class FakeCaller {
  readonly events: unknown[] = [];
  /** Thrown by the next calls, first one first. */
  readonly failures: Error[] = [];

  async invokeAsync(_functionName: string, event: unknown, _options: CallOptions): Promise<unknown> {
    return this.invoke(_functionName, event, _options);
  }

  async invoke(_functionName: string, event: unknown, _options: CallOptions): Promise<unknown> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.events.push(event);
    return undefined;
  }
}

const NO_SOURCES = { buckets: {}, connections: {}, databases: {}, logs: {} };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface FakeEngine {
  readonly triggers: Triggers;
  readonly caller: FakeCaller;
}

/** One engine's triggers; give several the same catalog. All functions exist. */
export async function fakeEngine(clock: Clock, catalog: Catalog = new MemoryCatalog()): Promise<FakeEngine> {
  const caller = new FakeCaller();
  const triggers = new Triggers({
    catalog,
    caller,
    alarms: new Alarms(clock),
    services: new Services({ catalog, isLasting: false } as unknown as Home, NO_SOURCES, silent),
    log: silent,
    check: () => undefined,
    has: () => true,
    leases: undefined,
  });
  await triggers.open();
  return { triggers, caller };
}
