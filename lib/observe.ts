/** The door for those who watch an engine: metrics for Prometheus and OpenTelemetry, traces, logs. */
export type * from './observe/facts.ts';
export type { LogsOptions } from './observe/function-logs.ts';
export type { KeptLine } from './observe/log-ring.ts';
export { METRICS, type MetricFacts } from './observe/metric-table.ts';
export type { Family, MetricsOptions, Sample } from './observe/metrics.ts';

import type { Tracer } from '@opentelemetry/api';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import type { Observable } from './observe/facts.ts';
import { FunctionLogs, type LogsOptions } from './observe/function-logs.ts';
import type { KeptLine } from './observe/log-ring.ts';
import { Metrics, type MetricsOptions } from './observe/metrics.ts';
import { EngineMetricProducer, prometheusText } from './observe/opentelemetry.ts';
import { TracerTracing } from './observe/tracing.ts';

export interface EngineMetrics {
  /** Everything in Prometheus' text format. */
  prometheus(): string;
  /** For the `metricProducers` of a reader of `@opentelemetry/sdk-metrics`. */
  readonly producer: MetricProducer;
  /** Stops counting. */
  close(): void;
}

/**
 * Counts what an engine does, from now on. While metrics are on, a warm call costs some hundred nanoseconds more.
 *
 * @example
 * const metrics = createMetrics(engine);
 * response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics.prometheus());
 */
export function createMetrics(engine: Observable, options?: MetricsOptions): EngineMetrics {
  const metrics = new Metrics(engine, options);
  return {
    prometheus: () => prometheusText(metrics),
    producer: new EngineMetricProducer(metrics),
    close: () => metrics.close(),
  };
}

export interface EngineLogs {
  /** The newest lines kept of a function, oldest first; at most `limit` (default 100), only those after number `after`. */
  recent(functionName: string, limit?: number, after?: number): KeptLine[];
  /** Tells every line of a function from now on, in the turn it comes, until the function returned is called. */
  follow(functionName: string, tell: (line: KeptLine) => void): () => void;
  close(): void;
}

/**
 * Keeps the recent log lines of every function, within limits of lines, characters and lines per second.
 *
 * @example
 * const logs = createLogs(engine);
 * logs.follow('resize', ({ line }) => console.log(line));
 */
export function createLogs(engine: Observable, options?: LogsOptions): EngineLogs {
  return new FunctionLogs(engine, options);
}

/**
 * Makes a span of every call, with what it waited for, ran and asked for below it, until the function returned is called.
 * `traceparent` of callers is the parent; of `invoke` and `invokeSync` without one, the span that is active.
 *
 * @example
 * createTraces(engine, trace.getTracer('my-service'));
 */
export function createTraces(engine: Observable, tracer: Tracer): () => void {
  return engine.observe({ tracing: new TracerTracing(tracer) });
}
