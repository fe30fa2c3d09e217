/** One traced call, as those on its way see it; and one that is only passed on, because nobody makes spans here. */
import type { CallTrace, InvocationFacts, SpanIds } from './facts.ts';
import { parseTraceparent, type TraceParent } from './trace-context.ts';

const nothing = (): void => undefined;

/** What the caller gave goes on with the requests of the call. */
export class PassedTrace implements CallTrace {
  readonly ids: SpanIds;
  readonly #headers: [string, string][];

  /** Undefined when the caller's `traceparent` is none. */
  static of({ traceparent, tracestate }: TraceParent): PassedTrace | undefined {
    const ids = parseTraceparent(traceparent);
    if (ids === undefined) return undefined;
    const state: [string, string][] = tracestate === undefined ? [] : [['tracestate', tracestate]];
    return new PassedTrace(ids, [['traceparent', traceparent], ...state]);
  }

  private constructor(ids: SpanIds, headers: [string, string][]) {
    this.ids = ids;
    this.#headers = headers;
  }

  get headers(): [string, string][] {
    return this.#headers;
  }

  hostCall(): () => void {
    return nothing;
  }

  request() {
    return { headers: this.#headers, ended: nothing };
  }

  ended(_facts: InvocationFacts): void {}
}
