/** Functions of a host from the command line: the same commands against a server and against a data folder. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import t from 'tap';

const functionFolder = {
  hello: {
    'index.mjs':
      'export const handler = (event) => { if (event?.fail) throw new Error(event.fail); return { hello: event?.name ?? "nobody", mood: process.env.MOOD }; };',
    'package.json': '{"name":"hello","isopod":{"timeout":7}}',
  },
};

function spawned(args: readonly string[], environment: Record<string, string>): ChildProcessWithoutNullStreams {
  const { FORCE_COLOR: _, ...env } = process.env;
  return spawn(process.execPath, ['lib/cli/main.ts', ...args], { env: { ...env, ...environment } });
}

async function isopod(environment: Record<string, string>, ...args: string[]) {
  const child = spawned(args, environment);
  const [out, err, [code]] = await Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, 'exit')]);
  return { code, out: out.toString(), err: err.toString() };
}

t.test('against a server, with a token', async (t) => {
  const folder = t.testdir(functionFolder);
  const admin = { ISOPOD_ADMIN_ACCESS_KEY_ID: 'admin', ISOPOD_ADMIN_ACCESS_KEY_SECRET: 'a secret of tests' };
  const server = spawned(['serve', '--port', '0'], admin);
  t.teardown(() => server.kill('SIGKILL'));
  let address = '';
  for await (const chunk of server.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    address = /Serving on (\S+)/.exec(chunk as string)?.[1] ?? '';
    if (address !== '') break;
  }
  const signing = {
    ISOPOD_SERVER: address,
    ISOPOD_ACCESS_KEY_ID: 'admin',
    ISOPOD_ACCESS_KEY_SECRET: 'a secret of tests',
  };
  const key = JSON.parse((await isopod(signing, 'key', 'create', '--token', '--role', 'deploy', '--json')).out);
  const env = { ISOPOD_SERVER: address, ISOPOD_TOKEN: key.token };
  const deployed = await isopod(env, 'deploy', `${folder}/hello`, '--env', 'MOOD=fine', '--publish');
  t.match(deployed, { code: 0, out: /^Deployed hello \(\d+\.\d kB\) to http:\/\/127\.0\.0\.1:\d+, version 1\.\n$/ });
  t.match(await isopod(env, 'invoke', 'hello', '--data', '{"name":"Ada"}'), {
    code: 0,
    out: '{"hello":"Ada","mood":"fine"}',
  });
  t.match(await isopod(env, 'invoke', 'hello', '--data', '{"fail":"no"}'), { code: 1, out: /"errorMessage":"no"/ });
  t.match(await isopod(env, 'functions', 'list'), { code: 0, out: /hello +isopod +512 +7/ });
  t.match(await isopod(env, 'invoke', 'nobody'), { code: 2, err: /^FunctionNotFound: / });

  const ask = async (method: string, path: string, body?: object) => {
    const init = { method, headers: { authorization: `Bearer ${key.token}` } };
    const reply = await fetch(address + path, { ...init, ...(body !== undefined && { body: JSON.stringify(body) }) });
    return (await reply.json()) as Record<string, unknown>;
  };
  const destinationConfig = { onFailure: { destination: 'dead-letter' } };
  const config = { maxAsyncRetryAttempts: 0, destinationConfig };
  await ask('PUT', '/2023-03-30/functions/hello/async-invoke-config', config);
  await isopod(env, 'invoke', 'hello', '--async', '--task-id', 'late', '--data', '{"fail":"too late"}');
  const task = '/2023-03-30/functions/hello/async-tasks/late';
  while ((await ask('GET', task)).status !== 'Failed') await new Promise((resolve) => setTimeout(resolve, 20));
  const listed = await isopod(env, 'dead-letters', 'list', 'hello');
  t.match(listed, { code: 0, out: /event +UnhandledInvocationError +1 .*too late/ });
  const id = /^(\d+) /m.exec(listed.out)?.[1] ?? '';
  const [shown, none, purge, rerun] = await Promise.all([
    isopod(env, 'dead-letters', 'show', 'hello', id, '--json'),
    isopod(env, 'deliveries', 'hello'),
    isopod(env, 'dead-letters', 'purge', 'hello'),
    isopod(env, 'tasks', 'rerun', 'hello', 'late', '--task-id', 'later'),
  ]);
  t.equal(JSON.parse(shown.out).event, '{"fail":"too late"}');
  t.match(none, { code: 0, out: 'All outcomes were taken.\n' });
  t.match(purge, { code: 2, err: /say --all/ });
  t.match(rerun, { code: 0, out: /taskId +later/ });
  t.match(await isopod(env, 'dead-letters', 'redrive', 'hello', id), { code: 0, out: /^1 dead letter of hello/ });
});

t.test('against a data folder', async (t) => {
  const folder = t.testdir(functionFolder);
  const env = { ISOPOD_DATA: `${folder}/data` };
  t.match(await isopod(env, 'deploy', `${folder}/hello`, '--publish', '--json'), { code: 0, out: /"version": "1"/ });
  t.match(await isopod(env, 'invoke', 'hello', '--qualifier', '1', '--json'), {
    code: 0,
    out: /"result":\{"hello":"nobody"\}/,
  });
  const set = [
    'config',
    'set',
    'hello',
    '--memory',
    '256',
    '--env',
    'MOOD=good',
    '--reserved',
    '3',
    '--disable',
    'work',
  ];
  t.match(await isopod(env, ...set), { code: 0, out: /memorySize +256[\s\S]*reservedConcurrency +3/ });
  t.match(await isopod(env, 'invoke', 'hello'), { code: 2, err: /AccessDenied: .*work/ });
  const again = await isopod(env, 'config', 'set', 'hello', '--unset', 'MOOD', '--env', 'A=1', '--enable', '--json');
  t.match(JSON.parse(again.out), { timeout: 7, memorySize: 256, environmentVariables: { A: '1' } });
  t.match(await isopod(env, 'config', 'set', 'hello'), { code: 2, err: /Nothing to change/ });
});

t.test('without a host, and completion', async (t) => {
  const [none, bash, fish] = await Promise.all([
    isopod({}, 'functions', 'list'),
    isopod({}, 'completion', 'bash'),
    isopod({}, 'completion', 'fish'),
  ]);
  t.match(none, { code: 2, err: /Name a server with --server/ });
  t.match(bash.out, /"alias create"\) words=.*--weight/);
  t.match(fish.out, /^complete -c isopod .*deploy/m);
});
