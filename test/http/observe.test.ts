import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { ServerEvents } from '../../lib/cli/event-stream.ts';
import { serve } from './served.ts';

const source = `export const handler = (event) => {
  if (event?.lines) for (let at = 0; at < event.lines; at++) console.log('line', at);
  if (event?.fail) throw new Error('no');
  return 'done';
};`;

const served = await serve({ anonymous: true });
t.teardown(() => served.close());
const { base, host } = served;
await host.tenants.create({ name: 'shop', quotas: {} } as never);
const { token } = await host.keys.create({ tenant: 'shop', role: 'invoke', type: 'token', description: '' });
await served.engine.createFunction({ functionName: 'f', code: { source }, memorySize: 256 });

const call = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}/2023-03-30/functions/f/invocations`, { method: 'POST', body: JSON.stringify(body), headers });
const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(base + path, { headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

t.test('the metrics are there for Prometheus, and for the operator alone', async (t) => {
  await call({});
  const { status, type, text } = await get('/metrics');
  t.equal(status, 200);
  t.match(type, /^text\/plain; version=0\.0\.4/);
  t.match(text, /^isopod_invocations_total\{function="f",type="sync",outcome="success"\} \d+$/m);
  t.equal((await get('/metrics', { authorization: `Bearer ${token}` })).status, 403);
  t.equal((await get('/metrics', { authorization: 'Bearer wrong' })).status, 403);
});

t.test("a call's log comes back in Function Compute's form", async (t) => {
  const tailOf = async (body: unknown) => {
    const answer = await call(body, { 'x-fc-log-type': 'Tail' });
    await answer.text();
    return Buffer.from(answer.headers.get('x-fc-log-result') ?? '', 'base64')
      .toString()
      .split('\n');
  };
  const [start, one, end, empty, report] = await tailOf({ lines: 1 });
  t.match(start, /^FC Invoke Start RequestId: [0-9a-f-]{36}$/);
  t.match(one, /^\S+Z [0-9a-f-]{36} \[INFO\] line 0$/);
  t.match(end, /^FC Invoke End RequestId: [0-9a-f-]{36}$/);
  t.equal(empty, '');
  t.match(report, /^Duration: [\d.]+ ms, Billed Duration: \d+ ms, Memory Size: 256 MB, Max Memory Used: [\d.]+ MB$/);
  const failed = await tailOf({ fail: true });
  t.match(failed[1], /^FC Invoke End RequestId: [0-9a-f-]{36}, Error: Unhandled function error$/);
});

t.test('recent lines can be read, and followed as they come', async (t) => {
  await call({ lines: 2 });
  const { lines } = JSON.parse((await get('/isopod/v1/functions/f/logs?limit=2')).text);
  t.match(lines, [{ line: /line 0/ }, { line: /line 1/ }]);

  const response = await fetch(`${base}/isopod/v1/functions/f/logs?follow=true&limit=1`);
  t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = new ServerEvents();
  const told: string[] = [];
  const called = call({ lines: 1 });
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    for (const { data } of events.take(chunk)) told.push(JSON.parse(data).line.replace(/^\S+ \S+ /, ''));
    if (told.some((line) => line.includes('Invoke End'))) break;
  }
  await called;
  t.match(told, ['[INFO] line 1', '[INFO] line 0', /^\[INFO\] FC Invoke End/]);
  while (host.observation.streams.size > 0) await setTimeout(5);
  t.equal((await get('/isopod/v1/functions/nobody/logs')).status, 404);
  t.equal(
    (await get('/isopod/v1/functions/f/logs', { authorization: `Bearer ${token}` })).status,
    404,
    'of another tenant',
  );
});

t.test('a stream that was lost goes on where it was', async (t) => {
  await call({ lines: 3 });
  const { lines } = JSON.parse((await get('/isopod/v1/functions/f/logs?limit=3')).text);
  const rest = JSON.parse((await get('/isopod/v1/functions/f/logs', { 'last-event-id': String(lines[1].seq) })).text);
  t.equal(rest.lines.length, 1);
});

t.test('the overview tells the last minutes, everything to the operator and a tenant its own', async (t) => {
  host.observation.history.look(Date.now());
  const all = JSON.parse((await get('/isopod/v1/overview')).text);
  t.equal(all.totals.functions, 1);
  t.ok(all.totals.instances >= 1);
  t.ok(all.slots.at(-1).calls > 0);
  t.equal(all.slots.at(-1).latency.length, all.bounds.length + 1);
  t.match(all.functions, [{ functionName: 'f' }]);
  const own = JSON.parse((await get('/isopod/v1/overview', { authorization: `Bearer ${token}` })).text);
  t.match(own.totals, { functions: 0, instances: 0 });
  t.same(own.functions, []);
  t.same(own.slots, []);
});

t.test("a function's activity has its last calls with their stages", async (t) => {
  await call({ fail: true });
  const { figures, errors, calls, stats } = JSON.parse((await get('/isopod/v1/functions/f/activity')).text);
  t.ok(figures.calls > 3);
  t.ok(errors.UnhandledInvocationError >= 1);
  t.match(calls[0], { outcome: 'function', error: { code: 'UnhandledInvocationError' } });
  t.ok(calls.at(-1).stages.restoreMs >= 0);
  t.equal(stats.functionName, 'f');
  t.match(JSON.parse((await get('/isopod/v1/identity')).text), { tenant: 'default', role: 'admin', isOperator: true });
});

t.test('server-sent events are read however they are cut', (t) => {
  const text = Buffer.from(': hello\r\n\r\nid: 7\ndata: a\ndata: b ö\n\nevent: gap\ndata:3\n\n');
  for (const size of [1, 2, 5, 100]) {
    const events = new ServerEvents();
    const all = [];
    for (let at = 0; at < text.length; at += size) all.push(...events.take(text.subarray(at, at + size)));
    t.same(all, [
      { event: 'message', data: 'a\nb ö', id: '7' },
      { event: 'gap', data: '3', id: '7' },
    ]);
  }
  t.end();
});
