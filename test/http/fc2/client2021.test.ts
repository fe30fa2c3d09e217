/** The life of a function through the official client of 2021-04-06. */

import * as fc from '@alicloud/fc-open20210406';
import { Config } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import t from 'tap';
import { ADMIN, type Served, serve } from '../served.ts';
import { zipBase64 } from '../zip.ts';

// A CommonJS module seen from an ES module: its default export is a property.
const models = ((fc as { default?: object }).default ?? fc) as typeof fc;
const Client = (models as unknown as { default: new (config: unknown) => fc.default }).default;

let served: Served;
t.before(async () => {
  served = await serve();
});
t.after(() => served.close());

const CODE =
  'exports.handler = async (event) => { const { fail } = JSON.parse(event); if (fail) throw new Error(fail); return "fine"; };';

t.test('services and functions, from the beginning to the end', async (t) => {
  const config = new Config({ endpoint: `127.0.0.1:${served.port}`, protocol: 'http', regionId: 'cn-local', ...ADMIN });
  const client = new Client(config);
  const runtime = new RuntimeOptions({ readTimeout: 60_000, connectTimeout: 10_000 }) as never;
  await client.createServiceWithOptions(
    new models.CreateServiceRequest({ serviceName: 'svc' }),
    new models.CreateServiceHeaders({}),
    runtime,
  );
  const created = await client.createFunctionWithOptions(
    'svc',
    new models.CreateFunctionRequest({
      functionName: 'life',
      runtime: 'nodejs16',
      handler: 'index.handler',
      code: new models.Code({ zipFile: await zipBase64({ 'index.js': CODE }) }),
    }),
    new models.CreateFunctionHeaders({}),
    runtime,
  );
  t.match(created.body, { functionName: 'life', runtime: 'nodejs16' });
  const invoke = (event: object, headers: object = {}) =>
    client.invokeFunctionWithOptions(
      'svc',
      'life',
      new models.InvokeFunctionRequest({ body: Buffer.from(JSON.stringify(event)), qualifier: 'LATEST' } as never),
      new models.InvokeFunctionHeaders(headers),
      runtime,
    );
  const answer = await invoke({}, { xFcLogType: 'Tail' });
  t.equal(Buffer.from(answer.body as never).toString(), 'fine');
  const failed = await invoke({ fail: 'no' });
  t.equal(failed.headers?.['x-fc-error-type'], 'UnhandledInvocationError');
  const accepted = await invoke({}, { xFcInvocationType: 'Async', xFcStatefulAsyncInvocationId: 'job-1' });
  t.equal(accepted.headers?.['x-fc-stateful-async-invocation-id'], 'job-1');
  while ((await served.engine.getAsyncTask('svc$life', 'job-1')).status !== 'Succeeded') await served.engine.whenIdle();
  const asked = new models.GetStatefulAsyncInvocationRequest({ qualifier: 'LATEST' });
  const noHeaders = new models.GetStatefulAsyncInvocationHeaders({});
  t.match(
    (await client.getStatefulAsyncInvocationWithOptions('svc', 'life', 'job-1', asked, noHeaders, runtime)).body,
    {
      invocationId: 'job-1',
      serviceName: 'svc',
      functionName: 'life',
      status: 'Succeeded',
      invocationPayload: '{}',
    },
  );
  const listed = await client.listStatefulAsyncInvocationsWithOptions(
    'svc',
    'life',
    new models.ListStatefulAsyncInvocationsRequest({ invocationIdPrefix: 'job', limit: 10 }),
    new models.ListStatefulAsyncInvocationsHeaders({}),
    runtime,
  );
  t.match(listed.body?.invocations, [{ invocationId: 'job-1' }]);
  const updated = await client.updateFunctionWithOptions(
    'svc',
    'life',
    new models.UpdateFunctionRequest({ description: 'second' }),
    new models.UpdateFunctionHeaders({}),
    runtime,
  );
  t.match(updated.body, { description: 'second', runtime: 'nodejs16' });
  const triggerConfig = JSON.stringify({ cronExpression: '@every 1h', enable: true });
  const trigger = await client.createTriggerWithOptions(
    'svc',
    'life',
    new models.CreateTriggerRequest({ triggerName: 'hourly', triggerType: 'timer', triggerConfig }),
    new models.CreateTriggerHeaders({}),
    runtime,
  );
  t.match(trigger.body, { triggerName: 'hourly', triggerConfig }, 'the config is JSON text');
  const provisioned = await client.putProvisionConfigWithOptions(
    'svc',
    'life',
    new models.PutProvisionConfigRequest({ qualifier: 'LATEST', target: 1 }),
    new models.PutProvisionConfigHeaders({}),
    runtime,
  );
  t.match(provisioned.body, { resource: /#svc#LATEST#life$/, target: 1 });
  await client.putProvisionConfigWithOptions(
    'svc',
    'life',
    new models.PutProvisionConfigRequest({ qualifier: 'LATEST', target: 0 }),
    new models.PutProvisionConfigHeaders({}),
    runtime,
  );
  await client.deleteTriggerWithOptions('svc', 'life', 'hourly', new models.DeleteTriggerHeaders({}), runtime);
  await client.deleteFunctionWithOptions('svc', 'life', new models.DeleteFunctionHeaders({}), runtime);
  await t.rejects(
    client.getFunctionWithOptions(
      'svc',
      'life',
      new models.GetFunctionRequest({}),
      new models.GetFunctionHeaders({}),
      runtime,
    ),
    { code: 'FunctionNotFound' },
  );
  await client.deleteServiceWithOptions('svc', new models.DeleteServiceHeaders({}), runtime);
});

// Connections that are kept open would hold the process.
t.end();
