/**
 * Timers. What a timer has done is one document of the catalog, changed only by whoever has read it: engines that share a
 * catalog fire each run once. A run is claimed, handed over, then noted as done; a claim of an engine that died in
 * between ends after a while, and the run comes again.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { backoffMs, pause } from '../backoff.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

/** Milliseconds after which another engine may take over a claimed run. */
const CLAIM_MS = 30_000;
/** Runs that are made up for with `missedRuns: 'all'`; older ones are left out. */
const MAX_MISSED = 1_000;
const PAYLOAD_CHARS = 4_096;

const config = z.strictObject({
  cronExpression: z.string().superRefine((expression, context) => {
    try {
      parseSchedule(expression);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `is no schedule: ${(error as Error).message}` });
    }
  }),
  enable: z.boolean().default(true),
  payload: z.string().max(PAYLOAD_CHARS).default(''),
  /** What becomes of runs nobody was there for: none of them is made up for, the last one is, or each. */
  missedRuns: z.enum(['skip', 'once', 'all']).default('once'),
});
export type TimerConfig = z.output<typeof config>;

interface Position {
  /** The last run handed over, or the moment the timer was made; milliseconds since the epoch. */
  readonly done: number;
  readonly claim?: { readonly run: number; readonly by: string; readonly until: number } | undefined;
}

export const timer: TriggerKind<TimerConfig> = {
  config,
  create: (context, checked) => new TimerTrigger(context, checked),
  enabled: ({ enable }) => enable,
  sample: ({ alarms, triggerName }, { payload }) => timerEvent(alarms.clock.now(), triggerName, payload),
};

const timerEvent = (at: number, triggerName: string, payload: string): object => ({
  triggerTime: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  triggerName,
  payload,
});

class TimerTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #config: TimerConfig;
  readonly #schedule: Schedule;
  readonly #me = randomUUID();
  #next: number | undefined;
  #cancel: (() => void) | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(context: TriggerContext, checked: TimerConfig) {
    this.#context = context;
    this.#config = checked;
    this.#schedule = parseSchedule(checked.cronExpression);
  }

  async start(): Promise<void> {
    const { positions, alarms } = this.#context;
    const now = alarms.clock.now();
    const known = await positions.read<Position>('run');
    if (known === undefined) {
      await positions.replace<Position>('run', { done: now }, 0).catch(ignoreConflict);
      return this.#sleep(this.#schedule.next(now));
    }
    this.#sleep(this.#firstRun(known.value, now));
  }

  /** After a time in which nobody was there. */
  #firstRun({ done, claim }: Position, now: number): number | undefined {
    const { missedRuns } = this.#config;
    if (claim !== undefined) return claim.run;
    let run = this.#schedule.next(done);
    if (run === undefined || run > now || missedRuns === 'all') return run;
    let missed = 0;
    for (
      let after = this.#schedule.next(run);
      after !== undefined && after <= now;
      after = this.#schedule.next(after)
    ) {
      run = after;
      // A short interval and a long absence: the last run is near now.
      if (++missed === MAX_MISSED) return missedRuns === 'once' ? now : this.#schedule.next(now);
    }
    return missedRuns === 'once' ? run : this.#schedule.next(run);
  }

  #sleep(run: number | undefined): void {
    const { alarms, delivery } = this.#context;
    this.#next = run;
    if (run === undefined || delivery.signal.aborted) return;
    this.#cancel = alarms.set(run, () => {
      this.#run = this.#fire(run).catch((error: unknown) => void delivery.failed(error));
    });
  }

  async #fire(run: number): Promise<void> {
    const { delivery } = this.#context;
    for (let failures = 1; !delivery.signal.aborted; failures++) {
      try {
        return this.#sleep(await this.#fireOnce(run));
      } catch (error) {
        if (delivery.signal.aborted) return;
        if (!isConflict(error)) delivery.failed(error);
        await pause(backoffMs(failures), delivery.signal);
      }
    }
  }

  /** Resolves with the run to wait for. */
  async #fireOnce(run: number): Promise<number | undefined> {
    const { positions, alarms, delivery, triggerName } = this.#context;
    const now = alarms.clock.now();
    const document = await positions.read<Position>('run');
    const { done, claim } = document?.value ?? { done: 0, claim: undefined };
    if (done >= run) return this.#after(done);
    if (claim !== undefined && claim.by !== this.#me && claim.until > now) return this.#lookAgain(run, claim.until);
    const mine = { run, by: this.#me, until: now + CLAIM_MS };
    const revision = await positions.replace<Position>('run', { done, claim: mine }, document?.revision ?? 0);
    await delivery.accept(timerEvent(run, triggerName, this.#config.payload));
    await positions.replace<Position>('run', { done: run }, revision).catch(ignoreConflict);
    return this.#after(run);
  }

  /** Runs that are over by more than a missed one are left to `missedRuns`. */
  #after(run: number): number | undefined {
    const now = this.#context.alarms.clock.now();
    const next = this.#schedule.next(run);
    if (next === undefined || next > now || this.#config.missedRuns === 'all') return next;
    return this.#config.missedRuns === 'once' ? this.#firstRun({ done: run }, now) : this.#schedule.next(now);
  }

  /** Somebody else has the run in hand: come back when its claim is over. */
  #lookAgain(run: number, at: number): number | undefined {
    const { alarms, delivery } = this.#context;
    const next = this.#schedule.next(run);
    if (next !== undefined && next <= at) return next;
    this.#cancel = alarms.set(at, () => {
      this.#run = this.#fire(run).catch((error: unknown) => void delivery.failed(error));
    });
    return undefined;
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#run;
  }

  status(): SourceStatus {
    return this.#next === undefined ? {} : { nextEventTime: new Date(this.#next).toISOString() };
  }
}

const isConflict = (error: unknown): boolean => error instanceof IsopodError && error.code === 'ConcurrentUpdateError';

function ignoreConflict(error: unknown): void {
  if (!isConflict(error)) throw error;
}
