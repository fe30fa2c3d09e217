/**
 * Sends metrics and traces to a collector by OTLP over HTTP, where the environment names one: `OTEL_EXPORTER_OTLP_ENDPOINT`
 * and the other standard variables, which OpenTelemetry's packages read themselves.
 */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Observable } from './facts.ts';
import type { Metrics } from './metrics.ts';
import { EngineMetricProducer } from './opentelemetry.ts';
import { TracerTracing } from './tracing.ts';
import type { Environment } from './wants-otlp.ts';

/** Resolves, when called, once everything left was sent or could not be. */
export function startOtlp(engine: Observable, metrics: Metrics, environment: Environment): () => Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': 'isopod' }).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const isSet = (signal: string): boolean =>
    [environment.OTEL_EXPORTER_OTLP_ENDPOINT, environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]].some(Boolean) &&
    environment[`OTEL_${signal}_EXPORTER`] !== 'none';
  const ends: (() => Promise<void>)[] = [];
  if (isSet('METRICS')) {
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis: Number(environment.OTEL_METRIC_EXPORT_INTERVAL) || 60_000,
      metricProducers: [new EngineMetricProducer(metrics)],
    });
    const provider = new MeterProvider({ resource, readers: [reader] });
    ends.push(() => provider.shutdown());
  }
  if (isSet('TRACES')) {
    const provider = new TracerProvider({
      resource,
      sampler: samplerOf(environment),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
    });
    const stop = engine.observe({ tracing: new TracerTracing(provider.getTracer('isopod')) });
    ends.push(async () => {
      stop();
      await provider.shutdown();
    });
  }
  return async () => {
    await Promise.allSettled(ends.map((end) => end()));
  };
}

/** `OTEL_TRACES_SAMPLER_ARG`: the share of traces begun here that is kept; traces of callers are kept as they say. */
function samplerOf({ OTEL_TRACES_SAMPLER_ARG }: Environment): ParentBasedSampler {
  const share = OTEL_TRACES_SAMPLER_ARG === undefined ? 1 : Number(OTEL_TRACES_SAMPLER_ARG);
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number.isFinite(share) ? share : 1) });
}
