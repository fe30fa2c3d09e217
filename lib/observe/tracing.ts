/** Spans of calls, made with whatever tracer of OpenTelemetry's API one is given. */
import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { ColdStartStages } from '../types.ts';
import type { CallTrace, InvocationFacts, SpanIds, StartedCall, Tracing } from './facts.ts';
import { parseTraceparent, type TraceParent, traceparentOf } from './trace-context.ts';

const START = 'start instance';

const epoch = (at: number): number => performance.timeOrigin + at;

export class TracerTracing implements Tracing {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  begin(call: StartedCall, parent: TraceParent | undefined): CallTrace {
    const within = contextOf(parent) ?? (call.type === 'sync' ? context.active() : ROOT_CONTEXT);
    const span = this.#tracer.startSpan(
      `invoke ${call.functionName}`,
      {
        kind: call.type === 'async' ? SpanKind.CONSUMER : SpanKind.SERVER,
        startTime: epoch(call.acceptedAt),
        attributes: {
          'faas.name': call.functionName,
          'faas.version': call.versionId,
          'faas.invocation_id': call.requestId,
          'faas.trigger': call.type === 'async' ? 'pubsub' : 'other',
        },
      },
      within,
    );
    return new SpanTrace(this.#tracer, span, trace.setSpan(within, span));
  }

  accepted(functionName: string, requestId: string, parent: TraceParent | undefined): TraceParent {
    const within = contextOf(parent) ?? context.active();
    const attributes = { 'faas.name': functionName, 'faas.invocation_id': requestId };
    const span = this.#tracer.startSpan(`send ${functionName}`, { kind: SpanKind.PRODUCER, attributes }, within);
    span.end();
    return parentOf(span);
  }
}

class SpanTrace implements CallTrace {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracer: Tracer, span: Span, within: Context) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = within;
  }

  get ids(): SpanIds {
    return idsOf(this.#span);
  }

  get headers(): [string, string][] {
    return headersOf(this.#span);
  }

  #child(name: string, kind: SpanKind, attributes: Attributes, startTime?: number): Span {
    const options = { kind, attributes, ...(startTime !== undefined && { startTime }) };
    return this.#tracer.startSpan(name, options, this.#context);
  }

  hostCall(place: string): (error: unknown) => void {
    const span = this.#child(`host call ${place}`, SpanKind.INTERNAL, { 'isopod.binding': place });
    return (error) => {
      if (error !== undefined) failed(span, error);
      span.end();
    };
  }

  request(method: string, url: URL) {
    const span = this.#child(method, SpanKind.CLIENT, {
      'http.request.method': method,
      'server.address': url.hostname,
      'url.full': `${url.origin}${url.pathname}`,
    });
    return {
      headers: headersOf(span),
      ended(status: number | undefined, error: unknown): void {
        if (status !== undefined) span.setAttribute('http.response.status_code', status);
        if (error !== undefined) failed(span, error);
        span.end();
      },
    };
  }

  #partsOfStart(span: Span, { imageLoadMs, restoreMs, evaluateMs }: ColdStartStages, from: number): void {
    const within = trace.setSpan(this.#context, span);
    let at = from;
    for (const [name, ms] of [
      ['load image', imageLoadMs],
      ['restore', restoreMs],
      ['evaluate', evaluateMs],
    ] as const) {
      if (ms <= 0) continue;
      this.#tracer.startSpan(name, { startTime: at }, within).end(at + ms);
      at += ms;
    }
  }

  ended(facts: InvocationFacts): void {
    const from = facts.startedAt;
    const to = from + facts.wallMs;
    const { stages, error } = facts;
    const steps: [name: string, ms: number][] = [['queue', stages?.scheduleMs ?? facts.queueMs]];
    if (stages !== undefined) {
      steps.push([START, stages.startInstanceMs], ['initializer', stages.initializerMs]);
    }
    let at = from;
    for (const [name, ms] of steps) {
      if (ms <= 0) continue;
      const span = this.#child(name, SpanKind.INTERNAL, {}, at);
      if (name === START && stages !== undefined) this.#partsOfStart(span, stages, at);
      span.end(Math.min(to, at + ms));
      at = Math.min(to, at + ms);
    }
    if (facts.instanceId !== undefined) this.#child('run', SpanKind.INTERNAL, {}, at).end(to);
    this.#span.setAttributes(attributesOf(facts));
    if (error !== undefined) failed(this.#span, error);
    this.#span.end(to);
  }
}

function attributesOf(facts: InvocationFacts): Attributes {
  const { stages } = facts;
  return {
    'faas.coldstart': facts.coldStart,
    'faas.instance': facts.instanceId,
    'isopod.lane': facts.lane,
    'isopod.isolation': facts.isolation,
    'isopod.qualifier': facts.qualifier,
    'isopod.attempt': facts.attempt,
    'isopod.host_calls': facts.hostCalls,
    'isopod.cpu_ms': facts.cpuMs,
    // They were over before the call that is told of them.
    ...(stages !== undefined && {
      'isopod.build_ms': stages.downloadCodeMs + stages.unzipMs + stages.bundleMs + stages.imageBuildMs,
    }),
  };
}

function failed(span: Span, error: unknown): void {
  const { message, code } = error as { message?: string; code?: string };
  span.setStatus({ code: SpanStatusCode.ERROR, message: message ?? String(error) });
  if (code !== undefined) span.setAttribute('error.type', code);
}

function contextOf(parent: TraceParent | undefined): Context | undefined {
  const ids = parent === undefined ? undefined : parseTraceparent(parent.traceparent);
  if (parent === undefined || ids === undefined) return undefined;
  const { traceId, spanId, sampled } = ids;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(parent.tracestate !== undefined && { traceState: createTraceState(parent.tracestate) }),
  });
}

function idsOf(span: Span): SpanIds {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

function parentOf(span: Span): TraceParent {
  return {
    traceparent: traceparentOf(idsOf(span)),
    tracestate: span.spanContext().traceState?.serialize() || undefined,
  };
}

function headersOf(span: Span): [string, string][] {
  const { traceparent, tracestate } = parentOf(span);
  return tracestate === undefined
    ? [['traceparent', traceparent]]
    : [
        ['traceparent', traceparent],
        ['tracestate', tracestate],
      ];
}
