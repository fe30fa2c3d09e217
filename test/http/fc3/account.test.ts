/** Tasks, tags, reserved concurrency and what has no effect here, through the official Function Compute 3.0 client. */
import t from 'tap';
import { type Served, serve } from '../served.ts';
import { bodyOf, generations } from './client.ts';

let served: Served;
t.before(async () => {
  served = await serve();
  await served.engine.createFunction({
    functionName: 'f',
    timeout: 30,
    instanceConcurrency: 10,
    asyncInvokeConfig: { maxAsyncRetryAttempts: 0 },
    code: {
      source:
        'export const handler = async (event) => { if (event.fail) throw new Error(event.fail); await new Promise((done) => setTimeout(done, event.ms ?? 0)); return 1; };',
    },
  });
});
t.after(() => served.close());

const { models, client: clientOf, runtime } = generations[0] as (typeof generations)[0];

t.test('async tasks are found, listed and stopped', async (t) => {
  const client = clientOf(served.port);
  const start = async (xFcAsyncTaskId: string, event: object) =>
    client.invokeFunctionWithOptions(
      'f',
      new models.InvokeFunctionRequest({ body: bodyOf(event) }),
      new models.InvokeFunctionHeaders({ xFcInvocationType: 'Async', xFcAsyncTaskId }),
      runtime(),
    );
  await start('good', {});
  await start('bad', { fail: 'no' });
  await served.engine.whenIdle();
  await start('long', { ms: 20_000 });
  const get = async (id: string) =>
    (await client.getAsyncTaskWithOptions('f', id, new models.GetAsyncTaskRequest({}), {}, runtime())).body;
  t.match(await get('good'), { taskId: 'good', status: 'Succeeded', functionArn: /functions\/f$/, durationMs: Number });
  t.match(await get('bad'), { status: 'Failed', taskErrorMessage: /no/ });
  const list = async (query: object) =>
    (await client.listAsyncTasksWithOptions('f', new models.ListAsyncTasksRequest(query), {}, runtime())).body;
  const first = await list({ limit: 2 });
  t.equal(first?.tasks?.length, 2);
  t.equal((await list({ limit: 2, nextToken: first?.nextToken }))?.tasks?.length, 1);
  t.match((await list({ status: 'Failed' }))?.tasks, [{ taskId: 'bad' }]);
  t.match((await list({ prefix: 'go' }))?.tasks, [{ taskId: 'good' }]);
  await client.stopAsyncTaskWithOptions('f', 'long', new models.StopAsyncTaskRequest({}), {}, runtime());
  t.match((await get('long'))?.status, /^Stop/);
  await t.rejects(get('none'), { code: 'AsyncTaskNotFound' });
});

t.test('reserved concurrency limits sync calls', async (t) => {
  const client = clientOf(served.port);
  const body = new models.PutConcurrencyInput({ reservedConcurrency: 1 });
  await client.putConcurrencyConfigWithOptions('f', new models.PutConcurrencyConfigRequest({ body }), {}, runtime());
  t.match((await client.getConcurrencyConfigWithOptions('f', {}, runtime())).body, { reservedConcurrency: 1 });
  const invoke = () =>
    client.invokeFunctionWithOptions(
      'f',
      new models.InvokeFunctionRequest({ body: bodyOf({ ms: 500 }) }),
      new models.InvokeFunctionHeaders({}),
      runtime(),
    );
  const ended = await Promise.allSettled([invoke(), invoke(), invoke()]);
  t.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1);
  t.match(
    ended.find(({ status }) => status === 'rejected'),
    { reason: { code: 'ResourceExhausted' } },
  );
  t.match(
    (await client.listConcurrencyConfigsWithOptions(new models.ListConcurrencyConfigsRequest({}), {}, runtime())).body,
    { configs: [{ reservedConcurrency: 1 }] },
  );
  await client.deleteConcurrencyConfigWithOptions('f', {}, runtime());
  await t.rejects(client.getConcurrencyConfigWithOptions('f', {}, runtime()), /404/);
  await invoke();
});

t.test('what happens to async events is said for each qualifier', async (t) => {
  const client = clientOf(served.port);
  const put = async (config: object, qualifier?: string) => {
    const body = new models.PutAsyncInvokeConfigInput(config);
    const request = new models.PutAsyncInvokeConfigRequest({ body, ...(qualifier !== undefined && { qualifier }) });
    return (await client.putAsyncInvokeConfigWithOptions('f', request, {}, runtime())).body;
  };
  const get = async (qualifier?: string) => {
    const request = new models.GetAsyncInvokeConfigRequest({ ...(qualifier !== undefined && { qualifier }) });
    return (await client.getAsyncInvokeConfigWithOptions('f', request, {}, runtime())).body;
  };
  await t.rejects(get(), { code: 'AsyncConfigNotExists' });
  const destinationConfig = new models.DestinationConfig({
    onFailure: new models.Destination({ destination: 'acs:fc:cn-local:1:functions/f' }),
  });
  const said = await put({ asyncTask: true, maxAsyncRetryAttempts: 0, destinationConfig });
  t.match(said, {
    asyncTask: true,
    maxAsyncRetryAttempts: 0,
    functionArn: /^acs:fc:cn-local:\d{16}:functions\/f\/LATEST$/,
    destinationConfig: { onFailure: { destination: 'acs:fc:cn-local:1:functions/f' } },
    createdTime: String,
  });
  t.match(await put({ maxAsyncEventAgeInSeconds: 60 }), { maxAsyncRetryAttempts: 0 }, 'the rest keeps its value');
  t.match(await get('LATEST'), { maxAsyncEventAgeInSeconds: 60, asyncTask: true });
  await t.rejects(put({ maxAsyncRetryAttempts: 9 }), { code: 'InvalidArgument' });
  await t.rejects(put({}, 'nowhere'), { code: 'AliasNotFound' });
  const accepted = await client.invokeFunctionWithOptions(
    'f',
    new models.InvokeFunctionRequest({ body: bodyOf({ fail: 'for good' }) }),
    new models.InvokeFunctionHeaders({ xFcInvocationType: 'Async' }),
    runtime(),
  );
  t.equal(accepted.statusCode, 202);
  await served.engine.whenIdle();
  const { tasks } = await served.engine.listAsyncTasks('f', { prefix: 'task-', status: 'Failed' });
  t.equal(tasks.length, 1, 'every call is a task now');
  while ((await served.engine.listAsyncTasks('f', { prefix: 'task-' })).tasks.length < 2)
    await served.engine.whenIdle();
  const list = new models.ListAsyncInvokeConfigsRequest({ functionName: 'f', limit: 10 });
  t.equal((await client.listAsyncInvokeConfigsWithOptions(list, {}, runtime())).body?.configs?.length, 1);
  await client.deleteAsyncInvokeConfigWithOptions('f', new models.DeleteAsyncInvokeConfigRequest({}), {}, runtime());
  await t.rejects(get(), { code: 'AsyncConfigNotExists' });
});

t.test('tags, groups and networks are kept', async (t) => {
  const client = clientOf(served.port);
  const group = new models.ChangeResourceGroupInput({
    newResourceGroupId: 'rg-1',
    resourceId: 'acs:fc:cn-local:1:functions/f',
    resourceType: 'function',
  });
  const moved = await client.changeResourceGroupWithOptions(
    new models.ChangeResourceGroupRequest({ body: group }),
    {},
    runtime(),
  );
  t.match(moved.body, { newResourceGroupId: 'rg-1', oldResourceGroupId: '' });
  const named = async (query: object) =>
    (await client.listFunctionsWithOptions(new models.ListFunctionsRequest(query), {}, runtime())).body?.functions?.map(
      ({ functionName }) => functionName,
    );
  t.same(await named({ resourceGroupId: 'rg-1', fcVersion: 'v3' }), ['f']);
  t.same(await named({ resourceGroupId: 'rg-2' }), []);
  t.same(await named({ fcVersion: 'v2' }), []);
  const Tag = [
    { Key: 'team', Value: 'a' },
    { Key: 'env', Value: 'b' },
  ];
  const body = new models.TagResourcesInput({
    resourceType: 'ALIYUN::FC:FUNCTION',
    resourceId: ['acs:fc:cn-local:1:functions/f'],
    tag: Tag.map(({ Key, Value }) => new models.Tag({ key: Key, value: Value })),
  });
  await client.tagResourcesWithOptions(new models.TagResourcesRequest({ body }), {}, runtime());
  const list = async () =>
    (
      await client.listTagResourcesWithOptions(
        new models.ListTagResourcesRequest({ resourceType: 'ALIYUN::FC:FUNCTION', limit: 10 }),
        {},
        runtime(),
      )
    ).body?.tagResources;
  t.match(await list(), [
    { tagKey: 'env', tagValue: 'b' },
    { tagKey: 'team', tagValue: 'a' },
  ]);
  await client.untagResourcesWithOptions(
    new models.UntagResourcesRequest({ resourceType: 'ALIYUN::FC:FUNCTION', resourceId: ['f'], tagKey: ['team'] }),
    {},
    runtime(),
  );
  t.equal((await list())?.length, 1);
  const vpc = new models.CreateVpcBindingInput({ vpcId: 'vpc-1' });
  await client.createVpcBindingWithOptions('f', new models.CreateVpcBindingRequest({ body: vpc }), {}, runtime());
  t.match((await client.listVpcBindingsWithOptions('f', {}, runtime())).body, { vpcIds: ['vpc-1'] });
  await client.deleteVpcBindingWithOptions('f', 'vpc-1', {}, runtime());
  t.same((await client.listVpcBindingsWithOptions('f', {}, runtime())).body?.vpcIds ?? [], []);
});

t.test('triggers, with the address of a function', async (t) => {
  const client = clientOf(served.port);
  const body = new models.CreateTriggerInput({
    triggerName: 'web',
    triggerType: 'http',
    triggerConfig: '{"authType":"anonymous","methods":["GET"]}',
  });
  const made = (await client.createTriggerWithOptions('f', new models.CreateTriggerRequest({ body }), {}, runtime()))
    .body;
  t.match(made, { triggerName: 'web', triggerType: 'http', httpTrigger: { urlInternet: /^http:.*\/url\/f-/ } });
  const timer = new models.CreateTriggerInput({
    triggerName: 'tick',
    triggerType: 'timer',
    triggerConfig: '{"cronExpression":"@every 1h","enable":false}',
  });
  await client.createTriggerWithOptions('f', new models.CreateTriggerRequest({ body: timer }), {}, runtime());
  const listed = (await client.listTriggersWithOptions('f', new models.ListTriggersRequest({}), {}, runtime())).body;
  t.match(
    listed?.triggers?.map(({ triggerName }) => triggerName),
    ['tick', 'web'],
  );
  await t.rejects(client.deleteFunctionWithOptions('f', {}, runtime()), /409/);
  await client.deleteTriggerWithOptions('f', 'tick', {}, runtime());
  await client.deleteTriggerWithOptions('f', 'web', {}, runtime());
  await t.rejects(client.getTriggerWithOptions('f', 'web', {}, runtime()), {
    code: 'TriggerNotFound',
    statusCode: 404,
  });
});

// Connections that are kept open would hold the process.
t.end();
