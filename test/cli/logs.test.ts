/** `isopod logs` and the export by OTLP, against servers of this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { startOtlp } from '../../lib/observe/otlp.ts';
import { wantsOtlp } from '../../lib/observe/wants-otlp.ts';
import { serve } from '../http/served.ts';
import { isopod } from './command.ts';

const served = await serve({ anonymous: true });
t.teardown(() => served.close());
const source = 'export const handler = (event) => { console.log("got", event); console.warn("careful"); };';
await served.engine.createFunction({ functionName: 'f', code: { source } });

t.test('recent lines are printed, as text or as JSON', async (t) => {
  await served.engine.invoke('f', 1);
  const { out, code } = await isopod(['logs', 'f', '--server', served.base]);
  t.equal(code, 0);
  t.match(out, /^\S+Z \S+ \[INFO\] got 1\n\S+Z \S+ \[WARN\] careful\n$/);
  const json = await isopod(['logs', 'f', '--server', served.base, '--json', '-n', '1']);
  t.match(JSON.parse(json.out), { line: /careful/, seq: 2 });
  const nobody = await isopod(['logs', 'nobody', '--server', served.base]);
  t.equal(nobody.code, 2);
  t.match(nobody.err, /FunctionNotFound/);
});

t.test('with -f lines are printed as they come, until it is interrupted', async (t) => {
  const args = ['lib/cli/main.ts', 'logs', 'f', '-f', '-n', '0', '--server', served.base];
  const child = spawn(process.execPath, args);
  t.teardown(() => child.kill('SIGKILL'));
  const err = buffer(child.stderr);
  while (served.host.observation.streams.size === 0) await once(served.server.server, 'request');
  await served.engine.invoke('f', 2);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('Invoke End')) child.kill('SIGINT');
  }
  t.match(text, /^\S+ \S+ \[INFO\] got 2\n\S+ \S+ \[WARN\] careful\n\S+ \S+ \[INFO\] FC Invoke End/);
  t.equal((await err).toString(), '');
  if (child.exitCode === null) await once(child, 'exit');
  t.equal(child.exitCode, 0);
});

t.test('metrics and traces are sent to a collector the environment names', async (t) => {
  const sent = new Map<string, string>();
  const collector = createServer(async (request, response) => {
    sent.set(request.url ?? '', (await buffer(request)).toString('latin1'));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  t.teardown(() => collector.close());
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const before = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
  t.teardown(() => {
    if (before === undefined) delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    else process.env.OTEL_EXPORTER_OTLP_ENDPOINT = before;
  });
  t.equal(wantsOtlp({}), false);
  t.equal(wantsOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'true' }), false);
  t.equal(wantsOtlp(process.env), true);
  const end = startOtlp(served.engine, served.host.observation.metrics, process.env);
  await served.engine.invoke('f', 3);
  await end();
  t.match(sent.get('/v1/metrics'), /isopod_invocations_total/);
  t.match(sent.get('/v1/traces'), /invoke f/);
});
