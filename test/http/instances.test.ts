/** Instances kept by configuration, through the official clients of Function Compute and Lambda and the command line. */
import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as lambda from '@aws-sdk/client-lambda';
import t from 'tap';
import { generations } from './fc3/client.ts';
import { ADMIN, type Served, serve } from './served.ts';

const { models, client: clientOf, runtime } = generations[0] as (typeof generations)[0];

let served: Served;
t.before(async () => {
  served = await serve({ anonymous: true });
  const code = { source: 'export const handler = () => 1;' };
  await served.engine.createFunction({ functionName: 'f', code, lane: 'direct' });
  await served.engine.publishVersion('f');
  await served.engine.createAlias('f', { aliasName: 'live', versionId: '1' });
});
t.after(() => served.close());

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await setTimeout(20);
}

t.test('provision configs, and the instances they keep', async (t) => {
  const client = clientOf(served.port);
  const put = async (body: object, qualifier?: string) =>
    client.putProvisionConfigWithOptions(
      'f',
      new models.PutProvisionConfigRequest({ qualifier, body: new models.PutProvisionConfigInput(body) }),
      {},
      runtime(),
    );
  const get = async (qualifier?: string) =>
    (
      await client.getProvisionConfigWithOptions(
        'f',
        new models.GetProvisionConfigRequest({ qualifier }),
        {},
        runtime(),
      )
    ).body;
  t.match(await get(), { functionArn: '', target: 0 }, 'none yet');
  const scheduledActions = [
    { name: 'past', scheduleExpression: 'at(2020-01-01T00:00:00)', target: 2, startTime: '2019-01-01T00:00:00Z' },
  ].map((action) => new models.ScheduledAction(action));
  t.match((await put({ defaultTarget: 1, scheduledActions })).body, {
    functionArn: /^acs:fc:cn-local:\d+:functions\/f\/LATEST$/,
    defaultTarget: 1,
    target: 2,
  });
  await until(async () => (await get())?.current === 2);
  await put({ target: 1 }, 'live');
  await until(async () => (await get('live'))?.current === 1);
  const list = async (query: object) =>
    (await client.listInstancesWithOptions('f', new models.ListInstancesRequest(query), {}, runtime())).body;
  t.match((await list({}))?.instances, [{ versionId: '0' }, { versionId: '0' }, { versionId: '1' }]);
  t.match((await list({ qualifier: 'live' }))?.instances, [{ versionId: '1', qualifier: 'live', status: 'Running' }]);
  const first = (await list({ limit: 1 }))?.instances ?? [];
  const next = (await list({ limit: 1, startKey: first[0]?.instanceId }))?.instances ?? [];
  t.equal(next.length, 1);
  t.not(next[0]?.instanceId, first[0]?.instanceId);
  const listed = await client.listProvisionConfigsWithOptions(
    new models.ListProvisionConfigsRequest({ functionName: 'f' }),
    {},
    runtime(),
  );
  t.match(
    listed.body?.provisionConfigs?.map(({ functionArn }) => functionArn?.split('/').at(-1)),
    ['LATEST', 'live'],
  );
  await t.rejects(put({ target: 1 }, '1'), { code: 'InvalidArgument' });
  await t.rejects(put({ target: -1 }), { code: 'InvalidArgument' });
  await t.rejects(client.deleteFunctionWithOptions('f', {}, runtime()), { code: 'ProvisionConfigExist' });
  for (const qualifier of ['LATEST', 'live']) {
    const request = new models.DeleteProvisionConfigRequest({ qualifier });
    await client.deleteProvisionConfigWithOptions('f', request, {}, runtime());
  }
  await until(async () => (await list({}))?.instances?.length === 0);
});

t.test('scaling configs are the newer form', async (t) => {
  const client = clientOf(served.port);
  const body = new models.PutScalingConfigInput({ minInstances: 1, enableOnDemandScaling: false });
  const put = new models.PutScalingConfigRequest({ qualifier: 'live', body });
  t.match((await client.putScalingConfigWithOptions('f', put, {}, runtime())).body, {
    functionArn: /\/live$/,
    minInstances: 1,
    targetInstances: 1,
  });
  const get = new models.GetScalingConfigRequest({ qualifier: 'live' });
  await until(
    async () => (await client.getScalingConfigWithOptions('f', get, {}, runtime())).body?.currentInstances === 1,
  );
  const list = new models.ListScalingConfigsRequest({});
  t.match((await client.listScalingConfigsWithOptions(list, {}, runtime())).body, {
    scalingConfigs: [{ enableOnDemandScaling: false }],
  });
  const request = new models.DeleteScalingConfigRequest({ qualifier: 'live' });
  await client.deleteScalingConfigWithOptions('f', request, {}, runtime());
  t.match((await client.getScalingConfigWithOptions('f', get, {}, runtime())).body, { functionArn: '' });
});

t.test("Lambda's provisioned concurrency is of a version or an alias, and goes with its function", async (t) => {
  const client = new lambda.LambdaClient({
    endpoint: served.base,
    region: 'us-east-1',
    credentials: { accessKeyId: ADMIN.accessKeyId, secretAccessKey: ADMIN.accessKeySecret },
    maxAttempts: 1,
  });
  t.teardown(() => client.destroy());
  const at = { FunctionName: 'f', Qualifier: '1' };
  const put = new lambda.PutProvisionedConcurrencyConfigCommand({ ...at, ProvisionedConcurrentExecutions: 2 });
  t.match(await client.send(put), { RequestedProvisionedConcurrentExecutions: 2, LastModified: /\+0000$/ });
  const get = new lambda.GetProvisionedConcurrencyConfigCommand(at);
  await until(async () => (await client.send(get)).Status === 'READY');
  t.match(await client.send(new lambda.ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'f' })), {
    ProvisionedConcurrencyConfigs: [
      { FunctionArn: /:function:f:1$/, AvailableProvisionedConcurrentExecutions: 2, Status: 'READY' },
    ],
  });
  const latest = { FunctionName: 'f', Qualifier: '$LATEST', ProvisionedConcurrentExecutions: 1 };
  await t.rejects(client.send(new lambda.PutProvisionedConcurrencyConfigCommand(latest)), {
    name: 'InvalidParameterValueException',
  });
  await client.send(new lambda.DeleteProvisionedConcurrencyConfigCommand(at));
  await t.rejects(client.send(get), { name: 'ProvisionedConcurrencyConfigNotFoundException' });
  await served.engine.createFunction({ functionName: 'g', code: { source: 'export const handler = () => 1;' } });
  await served.engine.putProvisionConfig('g', { target: 1 });
  await client.send(new lambda.DeleteFunctionCommand({ FunctionName: 'g' }));
  t.same(served.engine.listProvisionConfigs('g'), []);
});

t.test('a tenant keeps no more instances than its quota allows, whatever its rules are', async (t) => {
  const tenant = await served.host.tenants.create({ name: 'small', quotas: { provisionedInstances: 3 } });
  await served.engine.createFunction({
    functionName: 'small/f',
    code: { source: 'export const handler = () => 1;' },
  });
  const { provisions } = served.host;
  await provisions.put(tenant, 'f', { defaultTarget: 2 }, 'LATEST');
  await provisions.put(tenant, 'f', { defaultTarget: 3 }, 'LATEST');
  const scheduledActions = [{ name: 'night', scheduleExpression: 'cron(0 0 3 * * *)', target: 4 }];
  t.throws(() => provisions.put(tenant, 'f', { scheduledActions }, 'LATEST'), { code: 'LimitExceeded' });
  t.match(provisions.list(tenant), [{ functionName: 'f', defaultTarget: 3 }]);
});

t.test('from the command line', async (t) => {
  const isopod = async (...args: string[]) => {
    const env = { ...process.env, ISOPOD_SERVER: served.base, NO_COLOR: '1' };
    return (await promisify(execFile)(process.execPath, ['lib/cli/main.ts', ...args], { env })).stdout;
  };
  t.match(await isopod('provision', 'set', 'f', '1', '--qualifier', 'live'), /^target +1$/m);
  await until(async () => served.engine.listInstances('f', { qualifier: 'live' }).length === 1);
  const [instances, list] = await Promise.all([isopod('instances', 'f'), isopod('provision', 'list')]);
  t.match(instances, /^f-\S+ +1 +Provision +direct +0 +\d\.\d/m);
  t.match(list, /^f\/live +1 +1 +1$/m);
});

// Connections that are kept open would hold the process.
t.end();
