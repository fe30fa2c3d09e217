/** Many tenants on one host: who sees what, who may do what, and quotas. */
import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { signedHeaders } from '../../lib/http/auth/sign.ts';
import { ADMIN, type Served, serve } from './served.ts';
import { zipBase64 } from './zip.ts';

let served: Served;
let data: string;
t.before(async () => {
  data = `${t.testdir({})}/data`;
  served = await serve({ data });
});
t.after(() => served.close());

type Key = { readonly accessKeyId: string; readonly accessKeySecret: string } | string;

async function ask(
  as: Key,
  method: string,
  path: string,
  body?: object | string,
  headers: Record<string, string> = {},
) {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const own = {
    host: `127.0.0.1:${served.port}`,
    ...(text !== '' && { 'content-type': 'application/json' }),
    ...headers,
  };
  const all =
    typeof as === 'string'
      ? { ...own, authorization: `Bearer ${as}` }
      : signedHeaders(method, path, own, Buffer.from(text), as);
  const response = await fetch(served.base + path, { method, headers: all, ...(text !== '' && { body: text }) });
  const answer = await response.text();
  const json = (response.headers.get('content-type') ?? '').includes('json') && !path.includes('jsonl');
  return {
    status: response.status,
    headers: response.headers,
    text: answer,
    body: json && answer !== '' ? JSON.parse(answer) : undefined,
  };
}

const API = '/isopod/v1';
const create = async (as: Key, functionName: string, source: string, more: object = {}) =>
  ask(as, 'POST', '/2023-03-30/functions', {
    functionName,
    runtime: 'nodejs20',
    handler: 'index.handler',
    code: { zipFile: await zipBase64({ 'index.js': source }) },
    ...more,
  });
const invoke = (as: Key, name: string, body = '{}') =>
  ask(as, 'POST', `/2023-03-30/functions/${name}/invocations`, body);

async function newTenant(name: string, quotas: object = {}) {
  const { status } = await ask(ADMIN, 'POST', `${API}/tenants`, { name, quotas });
  if (status !== 201) throw new Error(`tenant: ${status}`);
  const key = async (role: string, type = 'signature') =>
    (await ask(ADMIN, 'POST', `${API}/keys`, { tenant: name, role, type })).body as {
      accessKeyId: string;
      accessKeySecret: string;
      token: string;
    };
  return { admin: await key('admin'), deploy: await key('deploy'), invoke: (await key('invoke', 'token')).token };
}

t.test('tenants do not see one another', async (t) => {
  const [a, b] = [await newTenant('a'), await newTenant('b')];
  t.equal((await create(a.deploy, 'same', 'exports.handler = async () => "of a";')).status, 200);
  t.equal(
    (
      await create(
        b.deploy,
        'same',
        'exports.handler = async (event, context) => "of b, called " + context.function.name;',
      )
    ).status,
    200,
  );
  t.equal((await invoke(a.invoke, 'same')).text, 'of a');
  t.equal((await invoke(b.invoke, 'same')).text, 'of b, called same');
  t.equal((await ask(ADMIN, 'GET', '/2023-03-30/functions/same')).body.Code, 'FunctionNotFound');
  const listed = (await ask(a.deploy, 'GET', '/2023-03-30/functions')).body.functions;
  t.equal(listed.length, 1);
  const arn = (of: string) => listed[0].functionArn.includes(of);
  t.ok(arn((await ask(a.admin, 'GET', `${API}/tenants`)).body.tenants[0].accountId), 'with the account of its tenant');
  t.equal(
    (await invoke(a.invoke, encodeURIComponent('b/same'))).body.Code,
    'FunctionNotFound',
    'also not by a full name',
  );
  t.equal((await ask(a.admin, 'GET', `${API}/tenants/b`)).status, 403);
  t.equal((await ask(a.admin, 'POST', `${API}/keys`, { tenant: 'b', role: 'admin' })).status, 403);
  t.equal((await ask(a.admin, 'POST', `${API}/tenants`, { name: 'c' })).status, 403);
  const keys = (await ask(b.admin, 'GET', `${API}/keys`)).body.keys as { tenant: string }[];
  t.ok(keys.every(({ tenant }) => tenant === 'b'));
  t.equal((await ask(a.admin, 'DELETE', `${API}/keys/${b.admin.accessKeyId}`)).status, 403);
});

t.test('a role allows what it says', async (t) => {
  const c = await newTenant('roles');
  t.equal((await create(c.invoke, 'f', '')).body.Code, 'AccessDenied');
  t.equal((await create(c.deploy, 'f', 'exports.handler = async () => 1;')).status, 200);
  t.equal((await ask(c.deploy, 'GET', `${API}/keys`)).body.Code, 'AccessDenied');
  t.equal((await ask(c.invoke, 'GET', '/2023-03-30/functions/f')).body.Code, 'AccessDenied');
  t.equal((await invoke(c.invoke, 'f')).text, '1');
  const made = await ask(c.admin, 'POST', `${API}/keys`, { role: 'invoke', type: 'token' });
  t.match(made.body, { tenant: 'roles', role: 'invoke' }, 'an admin makes keys of its own tenant');
  t.equal((await ask(c.admin, 'DELETE', `${API}/keys/${made.body.accessKeyId}`)).status, 204);
  t.equal((await invoke(made.body.token, 'f')).body.Code, 'InvalidAccessKeyID', 'a removed key lets nobody in');
});

t.test('async events: a quota for those not done, dead letters and outcomes of the tenant alone', async (t) => {
  const { deploy, invoke: key } = await newTenant('later', { asyncBacklog: 2 });
  await create(deploy, 'stuck', 'exports.handler = () => new Promise(() => {});', { timeout: 600 });
  const path = '/2023-03-30/functions/stuck/invocations';
  const send = (headers: object = {}) => ask(key, 'POST', path, '{}', { 'x-fc-invocation-type': 'Async', ...headers });
  const sent = [await send({ 'x-fc-async-task-id': 'first' }), await send(), await send()];
  t.same(
    sent.map(({ status }) => status),
    [202, 202, 429],
  );
  t.match(sent[2]?.body, { Code: 'ResourceExhausted', Message: /asyncBacklog \(2\)/ });
  t.match(sent[2]?.headers.get('retry-after'), /^\d+$/);
  const config = '/2023-03-30/functions/stuck/async-invoke-config';
  const put = (onFailure: string) =>
    ask(deploy, 'PUT', config, { destinationConfig: { onFailure: { destination: onFailure } } });
  t.match((await put('nonsense')).body, { Code: 'InvalidArgument', Message: /destination/ });
  t.equal((await put('dead-letter')).status, 200);
  t.equal((await ask(deploy, 'GET', '/2023-03-30/async-invoke-configs')).body.configs.length, 1);
  const stranger = await newTenant('stranger');
  t.same((await ask(stranger.deploy, 'GET', '/2023-03-30/async-invoke-configs')).body, { configs: [] });
  await ask(key, 'PUT', '/2023-03-30/functions/stuck/async-tasks/first/stop');
  const letters = `${API}/functions/stuck/dead-letters`;
  let found = (await ask(key, 'GET', letters)).body.deadLetters;
  while (found.length === 0) found = (await ask(key, 'GET', letters)).body.deadLetters;
  t.match(found, [{ functionName: 'stuck', taskId: 'first', reason: 'Stopped', kind: 'event' }]);
  const { record, event } = (await ask(key, 'GET', `${letters}/${found[0].id}`)).body;
  t.equal(event, '{}');
  t.match(record.requestContext.functionArn, /^acs:fc:cn-local:\d{16}:functions\/stuck$/, "with the tenant's account");
  t.equal((await ask(stranger.invoke, 'GET', letters)).body.Code, 'FunctionNotFound');
  t.same((await ask(key, 'POST', `${letters}/redrive`, {})).body, { redriven: 1 });
  t.equal((await send()).status, 429, 'there is no room again');
  t.same((await ask(deploy, 'POST', `${letters}/purge`, {})).body, { purged: 0 });
  t.same((await ask(key, 'GET', `${API}/functions/stuck/deliveries`)).body, { deliveries: [] });
  const secret = async (as: Key) => (await ask(as, 'GET', `${API}/webhook-secret`)).body.webhookSecret;
  t.equal(await secret(deploy), served.engine.webhookSecretOf('later'));
  t.equal(await secret(ADMIN), served.engine.webhookSecret);
  t.equal(await secret(key), undefined, 'those who may only call are not told');
  t.match((await ask(key, 'POST', `${API}/functions/stuck/async-tasks/first/rerun`, { taskId: 'again' })).status, 429);
});

t.test('quotas: functions, code, rate and calls at once', async (t) => {
  const q = await newTenant('quota', { functions: 1, codeBytes: 2_000, concurrency: 1 });
  t.match(
    (
      await create(
        q.deploy,
        'big',
        `exports.handler = () => ${JSON.stringify(Array.from({ length: 4_000 }, Math.random).join())};`,
      )
    ).body,
    { Code: 'LimitExceededError', Message: /codeBytes|bytes of code/ },
  );
  const slow = 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 300, "slow"));';
  t.equal((await create(q.deploy, 'slow', slow)).status, 200);
  t.match((await create(q.deploy, 'more', 'exports.handler = () => 1;')).body, {
    Code: 'LimitExceededError',
    Message: /1 functions/,
  });
  const answers = await Promise.all([invoke(q.invoke, 'slow'), invoke(q.invoke, 'slow'), invoke(q.invoke, 'slow')]);
  t.same(answers.map(({ status }) => status).sort(), [200, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  t.match(refused?.body, { Code: 'ResourceExhausted', Message: /quota concurrency/ });
  t.match(refused?.headers.get('retry-after'), /^\d+$/);
  await ask(ADMIN, 'PUT', `${API}/tenants/quota/quotas`, { requestsPerSecond: 0.01, requestBurst: 2 });
  const rated = [await invoke(q.invoke, 'slow'), await invoke(q.invoke, 'slow'), await invoke(q.invoke, 'slow')];
  t.same(
    rated.map(({ status }) => status),
    [200, 200, 429],
  );
  t.match(rated[2]?.body, { Message: /requestsPerSecond/ });
  const others = await newTenant('neighbour');
  await create(others.deploy, 'f', 'exports.handler = async () => 1;');
  t.equal((await invoke(others.invoke, 'f')).status, 200, 'others are not concerned');
});

t.test('usage is told, and exported as JSON lines', async (t) => {
  const u = await newTenant('used');
  await create(
    u.deploy,
    'f',
    'exports.handler = async (event) => { if (event.length > 2) throw new Error("x"); return "four"; };',
  );
  await invoke(u.invoke, 'f');
  await invoke(u.invoke, 'f', '{"a":1}');
  const { usage } = (await ask(u.admin, 'GET', `${API}/usage`)).body;
  t.equal(usage.length, 1);
  t.match(usage[0], { tenant: 'used', requests: 4, invocations: 2, functionErrors: 1, running: 0, ingressBytes: 9 });
  t.ok(usage[0].egressBytes > 4 && usage[0].durationMs > 0 && usage[0].gbSeconds > 0);
  const lines = (await ask(ADMIN, 'GET', `${API}/usage?format=jsonl`)).text.trimEnd().split('\n');
  t.ok(lines.length > 2 && lines.every((line) => typeof JSON.parse(line).tenant === 'string'));
  await served.host.close();
  const [file = ''] = await readdir(`${data}/usage`);
  t.match(file, /^\d{4}-\d\d-\d\d\.jsonl$/);
  const written = (await readFile(`${data}/usage/${file}`, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    written.find(({ tenant }) => tenant === 'used'),
    { from: String, until: String, invocations: 2 },
  );
});

t.test('processor time is billed, not time spent waiting; what nobody can know is billed whole', async (t) => {
  const w = await newTenant('waits');
  const usage = async (): Promise<Record<string, number>> => (await ask(w.admin, 'GET', `${API}/usage`)).body.usage[0];
  await create(w.deploy, 'f', 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 1_000, "done"));');
  for (let call = 0; call < 2; call++) t.equal((await invoke(w.invoke, 'f')).text, 'done');
  const waited = await usage();
  t.ok((waited.durationMs as number) >= 2_000 && (waited.cpuMs as number) < 1_000, JSON.stringify(waited));
  t.ok((waited.cpuMs as number) > 0);
  await create(w.deploy, 'loop', 'exports.handler = () => { for (;;); };', { timeout: 1 });
  t.equal((await invoke(w.invoke, 'loop')).headers.get('x-fc-error-type'), 'UnhandledInvocationError');
  t.ok(((await usage()).cpuMs as number) >= 1_000);
});

t.test('a tenant goes with what it has, when that is asked for', async (t) => {
  const g = await newTenant('gone');
  await create(g.deploy, 'f', 'exports.handler = async () => 1;');
  t.equal((await ask(ADMIN, 'DELETE', `${API}/tenants/gone`)).status, 409);
  t.equal((await ask(ADMIN, 'DELETE', `${API}/tenants/gone?force=true`)).status, 204);
  t.equal((await invoke(g.invoke, 'f')).body.Code, 'InvalidAccessKeyID');
  t.notOk(served.engine.listFunctions().some(({ functionName }) => functionName.startsWith('gone/')));
  t.equal((await ask(ADMIN, 'GET', `${API}/tenants/gone`)).body.Code, 'TenantNotFound');
});

// Connections that are kept open would hold the process.
t.end();
