/** What is done when an event has ended: its task is finished, its destination told, the embedding program called. */
import type { AsyncPolicy } from '../function/async-config.ts';
import { DEAD_LETTER } from '../function/destination.ts';
import { now } from '../journal/clock.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import type { AsyncOutcome, AsyncTaskStatus } from '../types.ts';
import type { AcceptedEvent } from './accepted-event.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deliveries } from './deliveries.ts';
import { attemptsOf, conditionOf, type Ending, recordOf, resultText, type Source } from './record.ts';
import type { Tasks } from './tasks.ts';
import type { TenantFacts } from './tenant-facts.ts';

export interface OutcomesOptions {
  readonly tasks: Pick<Tasks, 'finish'>;
  readonly deliveries: Deliveries;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  /** Events are kept by others than what follows them: one may be forgotten only when that has arrived. */
  readonly waits: boolean;
  readonly tenants: () => TenantFacts;
  readonly requestIdOf: (no: number) => string;
  /** W3C Trace Context an event came with. */
  readonly traceOf: (no: number) => TraceParent | undefined;
  /** Told what a callback threw. */
  readonly callbackFailed: (error: unknown, outcome: AsyncOutcome) => void;
}

const statuses: Readonly<Record<AsyncOutcome['condition'], AsyncTaskStatus>> = {
  Success: 'Succeeded',
  RetriesExhausted: 'Failed',
  Stopped: 'Stopped',
  Expired: 'Expired',
  Invalid: 'Invalid',
};

export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Somebody asks for the handler's value. */
  static wantsResult(event: AcceptedEvent, { successDestination, onSuccess }: AsyncPolicy): boolean {
    return event.task !== undefined || successDestination !== undefined || onSuccess !== undefined;
  }

  /**
   * Writes down what follows, in one group with what its caller writes in the same turn. Resolves when the embedding program
   * has been told, and what is kept elsewhere is kept; undefined when there is nothing to wait for.
   */
  ended(source: Source, event: AcceptedEvent, ending: Ending, policy: AsyncPolicy): Promise<void> | undefined {
    const success = ending.condition === 'Success';
    const { task } = event;
    let finished: Promise<void> | undefined;
    if (task !== undefined) {
      const result = success ? resultText(ending.result) : undefined;
      finished = this.#options.tasks.finish(task, statuses[ending.condition], ending.error, result);
    }
    const destination = success ? policy.successDestination : policy.failureDestination;
    const sent = destination === undefined ? undefined : this.#send(destination, source, event, ending);
    const callback = success ? policy.onSuccess : policy.onFailure;
    const called = callback && this.#call(callback, this.#outcomeOf(source, event, ending));
    return finished === undefined && sent === undefined ? called : all([finished, sent, called]);
  }

  #send(destination: string, source: Source, event: AcceptedEvent, ending: Ending): Promise<void> | undefined {
    const { deliveries, deadLetters, tenants, requestIdOf, traceOf } = this.#options;
    const { no, text, binary } = event;
    const requestId = requestIdOf(no);
    const taskId = event.task?.taskId;
    const attempts = attemptsOf(event, ending);
    const record = recordOf(tenants(), source, requestId, event, ending, now());
    if (destination !== DEAD_LETTER) {
      const success = ending.condition === 'Success';
      const facts = { requestId, qualifier: source.qualifier, taskId, success, attempts, trace: traceOf(no) };
      deliveries.add({ no, destination, functionName: source.functionName, facts, record });
      return this.#options.waits ? deliveries.whenDone(no) : undefined;
    }
    const reason = conditionOf(ending) || ending.condition;
    const facts = { requestId, taskId, message: ending.error?.message ?? '', attempts };
    return deadLetters.add({ ...source, no, reason, facts, text, binary, destination: undefined, record });
  }

  #outcomeOf({ functionName }: Source, event: AcceptedEvent, ending: Ending): AsyncOutcome {
    return {
      functionName,
      requestId: this.#options.requestIdOf(event.no),
      taskId: event.task?.taskId,
      event: event.binary ? Buffer.from(event.text, 'latin1') : JSON.parse(event.text),
      attempts: attemptsOf(event, ending),
      acceptedAt: event.accepted,
      condition: ending.condition,
      ...(ending.error === undefined ? { result: ending.result } : { error: ending.error }),
    };
  }

  async #call(callback: NonNullable<AsyncPolicy['onSuccess']>, outcome: AsyncOutcome): Promise<void> {
    try {
      // Not in the middle of what is being done.
      await Promise.resolve();
      await callback(outcome);
    } catch (error) {
      this.#options.callbackFailed(error, outcome);
    }
  }
}

async function all(parts: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.all(parts);
}
