import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import t, { type Test } from 'tap';
import { createEngine, type Engine } from '../../lib/index.ts';
import { parseTraceparent, traceparentOf } from '../../lib/observe/trace-context.ts';
import { createTraces } from '../../lib/observe.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const asked: IncomingHttpHeaders[] = [];
const server = createServer((request, response) => {
  asked.push(request.headers);
  response.end('{}');
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
t.teardown(() => server.close());
const { port } = server.address() as AddressInfo;

const source = `
export const handler = async (event, { bindings }) => {
  if (event?.fail) throw new Error('no');
  if (event?.db) await bindings.db.query(1);
  if (event?.fetch) await (await fetch('http://127.0.0.1:${port}/x?secret=1')).text();
  return 1;
};`;
const config = {
  functionName: 'f',
  code: { source },
  bindings: { db: { query: () => 1 } },
  network: { allow: [`127.0.0.1:${port}`], allowPrivate: true },
};

async function traced(t: Test): Promise<{ engine: Engine; spans: (name: string) => ReadableSpan[]; stop: () => void }> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  await engine.createFunction(config);
  const stop = createTraces(engine, provider.getTracer('test'));
  return { engine, stop, spans: (name) => exporter.getFinishedSpans().filter((span) => span.name === name) };
}

t.test('a call is a span below its caller, with its parts below it', async (t) => {
  const { engine, spans, stop } = await traced(t);
  await engine.invoke('f', { db: true, fetch: true }, { traceparent: PARENT, tracestate: 'vendor=1' });
  const [span] = spans('invoke f');
  t.equal(span?.spanContext().traceId, TRACE);
  t.equal(span?.parentSpanContext?.spanId, '00f067aa0ba902b7');
  t.match(span?.attributes, { 'faas.name': 'f', 'faas.coldstart': true, 'isopod.host_calls': 2 });
  const own = span?.spanContext().spanId;
  for (const name of ['start instance', 'run', 'GET']) t.equal(spans(name)[0]?.parentSpanContext?.spanId, own, name);
  const start = spans('start instance')[0]?.spanContext().spanId;
  t.equal(spans('restore')[0]?.parentSpanContext?.spanId, start, 'a start is shown in its parts');
  t.equal(
    asked.at(-1)?.traceparent,
    traceparentOf({ traceId: TRACE, spanId: spans('GET')[0]?.spanContext().spanId ?? '', sampled: true }),
  );
  t.equal(asked.at(-1)?.tracestate, 'vendor=1');
  t.notMatch(JSON.stringify(spans('GET')[0]?.attributes), /secret/);

  await t.rejects(engine.invoke('f', { fail: true }));
  t.match(spans('invoke f')[1]?.status, { code: 2 });
  t.equal(engine.invokeSync('f'), 1);
  t.equal(spans('invoke f').length, 3);
  stop();
  await engine.invoke('f');
  t.equal(spans('invoke f').length, 3);
});

t.test('attempts at an async event are spans below its acceptance', async (t) => {
  const { engine, spans } = await traced(t);
  await engine.invokeAsync('f', {}, { traceparent: PARENT });
  await engine.whenIdle();
  const [sent] = spans('send f');
  const [run] = spans('invoke f');
  t.equal(sent?.parentSpanContext?.spanId, '00f067aa0ba902b7');
  t.equal(run?.parentSpanContext?.spanId, sent?.spanContext().spanId);
  t.equal(run?.spanContext().traceId, TRACE);
});

t.test('without a tracer what the caller gave goes on with requests, and a malformed one does not', async (t) => {
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  await engine.createFunction(config);
  await engine.invoke('f', { fetch: true }, { traceparent: PARENT });
  t.equal(asked.at(-1)?.traceparent, PARENT);
  await engine.invoke('f', { fetch: true }, { traceparent: '00-nonsense' });
  t.equal(asked.at(-1)?.traceparent, undefined);
  await engine.invoke('f', { fetch: true });
  t.equal(asked.at(-1)?.traceparent, undefined);
  await engine.invokeAsync('f', { fetch: true }, { traceparent: PARENT });
  await engine.whenIdle();
  t.equal(asked.at(-1)?.traceparent, PARENT);
});

t.test('traceparent is read as the specification says', (t) => {
  t.same(parseTraceparent(PARENT), { traceId: TRACE, spanId: '00f067aa0ba902b7', sampled: true });
  t.equal(parseTraceparent(`cc${PARENT.slice(2)}-what-is-to-come`)?.traceId, TRACE, 'later versions may be longer');
  for (const wrong of [
    '',
    `ff${PARENT.slice(2)}`,
    PARENT.toUpperCase(),
    `${PARENT}-more`,
    PARENT.replace(TRACE, '0'.repeat(32)),
    PARENT.replace('00f067aa0ba902b7', '0'.repeat(16)),
    PARENT.slice(0, -1),
  ]) {
    t.equal(parseTraceparent(wrong), undefined, wrong);
  }
  t.end();
});

t.test('an async event is told step by step, and its trace goes on to its destinations', async (t) => {
  const { engine, spans } = await traced(t);
  const told: unknown[] = [];
  engine.observe({ asyncEvent: ({ event, functionName, error }) => told.push([functionName, event, error?.code]) });
  await engine.createFunction({ functionName: 'last', code: { source: 'export const handler = () => 1;' } });
  await engine.putAsyncInvokeConfig('f', {
    maxAsyncRetryAttempts: 1,
    retryBackoffMs: 1,
    destinationConfig: { onFailure: { destination: 'functions/last' } },
  });
  const ended = new Promise<void>((resolve) => {
    engine.observe({ invocation: ({ functionName }) => functionName === 'last' && resolve() });
  });
  await engine.invokeAsync('f', { fail: true }, { traceparent: PARENT });
  await ended;
  await engine.whenIdle();
  t.same(told, [
    ['f', 'accepted', undefined],
    ['f', 'retried', 'UnhandledInvocationError'],
    ['f', 'failed', 'UnhandledInvocationError'],
    ['last', 'accepted', undefined],
    ['f', 'delivered', undefined],
    ['last', 'succeeded', undefined],
  ]);
  t.same(
    spans('invoke f').map(({ attributes }) => attributes['isopod.attempt']),
    [1, 2],
  );
  t.equal(spans('invoke last')[0]?.spanContext().traceId, TRACE);

  const posted = new Promise((resolve) => server.once('request', ({ headers }) => resolve(headers.traceparent)));
  await engine.putAsyncInvokeConfig('f', {
    destinationConfig: { onSuccess: { destination: `http://127.0.0.1:${port}/hook` } },
  });
  await engine.invokeAsync('f', {}, { traceparent: PARENT });
  t.match(await posted, new RegExp(`^00-${TRACE}-`));
});
