import { readFileSync } from 'node:fs';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { BOUNDS, Histogram, quantile } from '../../lib/observe/histogram.ts';
import { createMetrics, METRICS } from '../../lib/observe.ts';

/** Lines of Prometheus text, by `name{labels}`. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const source = `
export const handler = (event, { bindings }) => { if (event?.fail) throw new TypeError('no'); return event; };
`;

t.test('what an engine does is in the Prometheus text', async (t) => {
  const engine = await createEngine({ workers: 0, maxConcurrency: 1 });
  t.teardown(() => engine.close());
  const metrics = createMetrics(engine);
  const asyncInvokeConfig = { maxAsyncRetryAttempts: 1, retryBackoffMs: 1 };
  await engine.createFunction({ functionName: 'shop/f', code: { source }, asyncInvokeConfig });
  for (let at = 0; at < 3; at++) await engine.invoke('shop/f', at);
  await t.rejects(engine.invoke('shop/f', { fail: true }));
  await engine.invoke('shop/f', 1, { status: {} });
  await engine.invokeAsync('shop/f', { fail: true });
  await engine.whenIdle();
  const samples = samplesOf(metrics.prometheus());
  const of = (name: string, labels: string): number | undefined => samples.get(`${name}{function="shop/f"${labels}}`);
  t.equal(of('isopod_invocations_total', ',type="sync",outcome="success"'), 4);
  t.equal(of('isopod_invocations_total', ',type="sync",outcome="function"'), 1);
  t.equal(of('isopod_invocations_total', ',type="async",outcome="function"'), 2);
  t.equal(of('isopod_errors_total', ',code="UnhandledInvocationError"'), 3);
  t.equal(of('isopod_invocation_duration_seconds_count', ',type="sync"'), 5);
  t.equal(of('isopod_invocation_duration_seconds_bucket', ',type="sync",le="+Inf"'), 5);
  t.equal(of('isopod_cold_starts_total', ''), 1);
  t.ok((of('isopod_cold_start_stage_seconds_total', ',stage="restore"') ?? 0) > 0);
  t.equal(of('isopod_instance_starts_total', ',lane="direct",outcome="success"'), 1);
  t.equal(of('isopod_instances', ',state="serving"'), 1);
  t.equal(samples.get('isopod_cold_start_stage_duration_seconds_count{stage="restore"}'), 1);
  t.equal(of('isopod_instances', ',state="provisioned"'), 0);
  await engine.putProvisionConfig('shop/f', { target: 1 });
  const kept = samplesOf(metrics.prometheus());
  t.equal(kept.get('isopod_instances{function="shop/f",state="provisioned"}'), 1);
  t.equal(kept.get('isopod_instances{function="shop/f",state="serving"}'), 0);
  t.equal(of('isopod_queue_depth', ''), 0);
  t.equal(samples.get('isopod_functions'), 1);
  t.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e7);
  metrics.close();
  await engine.invoke('shop/f', 1);
  t.equal(
    samplesOf(metrics.prometheus()).get('isopod_invocations_total{function="shop/f",type="sync",outcome="success"}'),
    4,
  );
});

t.test('functions over the limit share one label, so that time series stay bounded', async (t) => {
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  const metrics = createMetrics(engine, { maxFunctions: 2 });
  for (const functionName of ['a', 'b', 'c', 'd']) {
    await engine.createFunction({ functionName, code: { source } });
    await engine.invoke(functionName);
  }
  const samples = samplesOf(metrics.prometheus());
  const invocations = [...samples].filter(([name]) => /^isopod_invocations_total.*success/.test(name));
  t.same(
    invocations.map(([, count]) => count),
    [1, 1, 2],
  );
  t.equal(samples.get('isopod_instances{function="other",state="serving"}'), 2);
  t.equal(samples.get('isopod_metrics_functions{label="other"}'), 2);
});

t.test("OpenTelemetry's reader gets the same figures", async (t) => {
  class Reader extends MetricReader {
    protected async onShutdown(): Promise<void> {}
    protected async onForceFlush(): Promise<void> {}
  }
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  const metrics = createMetrics(engine);
  const reader = new Reader({ metricProducers: [metrics.producer] });
  const provider = new MeterProvider({ readers: [reader] });
  t.teardown(() => provider.shutdown());
  await engine.createFunction({ functionName: 'f', code: { source } });
  await engine.invoke('f');
  const { resourceMetrics, errors } = await reader.collect();
  t.same(errors, []);
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  const duration = all.find(({ descriptor }) => descriptor.name === 'isopod_invocation_duration_seconds');
  t.match(duration?.dataPoints, [{ attributes: { function: 'f', type: 'sync' }, value: { count: 1 } }]);
});

t.test('a histogram tells about where a share of its values lies', (t) => {
  const histogram = new Histogram();
  t.equal(quantile(histogram.counts, 0.5), undefined);
  for (let at = 0; at < 99; at++) histogram.add(0.000_05);
  histogram.add(3);
  t.ok((quantile(histogram.counts, 0.5) ?? 1) <= 0.000_1);
  t.ok((quantile(histogram.counts, 0.995) ?? 0) > 2.5);
  t.equal(histogram.count, 100);
  for (let at = 0; at < 300; at++) histogram.add(1e9);
  t.equal(quantile(histogram.counts, 0.9), BOUNDS.at(-1));
  t.end();
});

t.test('the documentation lists every metric as it is', (t) => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const told = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \|$/gm)].map(([, ...cells]) => cells);
  const facts = Object.values(METRICS).map(({ name, type, labels, help }) => [
    name,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  t.same(told, facts);
  t.end();
});
