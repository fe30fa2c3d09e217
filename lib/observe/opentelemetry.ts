/** Metrics as OpenTelemetry's packages take them: a producer for any of its readers, and Prometheus text. */
import { type HrTime, ValueType } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { BOUNDS, Histogram } from './histogram.ts';
import type { Family, Metrics } from './metrics.ts';

/** For `metricProducers` of a `MetricReader`, whose resource goes with what it exports. */
export class EngineMetricProducer implements MetricProducer {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  async collect(): Promise<CollectionResult> {
    return { resourceMetrics: toResourceMetrics(this.#metrics), errors: [] };
  }
}

/** The text of Prometheus' exposition format, version 0.0.4. */
export function prometheusText(metrics: Metrics): string {
  return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(toResourceMetrics(metrics));
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function toResourceMetrics(metrics: Metrics): ResourceMetrics {
  const startTime = millisToHrTime(metrics.startedAt);
  const endTime = millisToHrTime(Date.now());
  const data = metrics
    .collect()
    .filter(({ samples }) => samples.length > 0)
    .map((family) => toMetricData(family, startTime, endTime));
  return { resource: resourceFromAttributes({}), scopeMetrics: [{ scope: { name: 'isopod' }, metrics: data }] };
}

function toMetricData({ name, type, unit, help, samples }: Family, startTime: HrTime, endTime: HrTime): MetricData {
  const common = {
    descriptor: {
      name,
      description: help,
      unit: unit === 'seconds' ? 's' : unit === 'bytes' ? 'By' : '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = <T>(pick: (value: number | Histogram) => T): DataPoint<T>[] =>
    samples.map(({ labels, value }) => ({ startTime, endTime, attributes: labels, value: pick(value) }));
  if (type === 'histogram') {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: points(histogramOf) };
  }
  const dataPoints = points(Number);
  return type === 'gauge'
    ? { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function histogramOf(value: number | Histogram) {
  const { counts, sum, count } = value instanceof Histogram ? value : new Histogram();
  return { buckets: { boundaries: [...BOUNDS], counts: [...counts] }, sum, count };
}
