/** Layers and uploaded packages, through the official clients and as Serverless Devs' tools use them. */
import { createHmac } from 'node:crypto';
import * as lambda from '@aws-sdk/client-lambda';
import t from 'tap';
import type { CodePackage } from '../../lib/http/code-package.ts';
import { Layers } from '../../lib/http/layers.ts';
import type { Catalog } from '../../lib/store/catalog.ts';
import { client2016 } from './fc2/client2016.ts';
import { bodyOf, bytesOf, generations } from './fc3/client.ts';
import { ADMIN, type Served, serve } from './served.ts';
import { zip, zipBase64 } from './zip.ts';

const { models, client: clientOf, runtime } = generations[0] as (typeof generations)[0];

let data: string;
let served: Served;
t.before(async () => {
  data = `${t.testdir({})}/data`;
  served = await serve({ data });
});
t.after(() => served.close());

const invoke = async (functionName: string, event: unknown = {}): Promise<unknown> => {
  const request = new models.InvokeFunctionRequest({ body: bodyOf(event) });
  const client = clientOf(served.port);
  const { body } = await client.invokeFunctionWithOptions(
    functionName,
    request,
    new models.InvokeFunctionHeaders({}),
    runtime(),
  );
  return JSON.parse((await bytesOf(body)).toString());
};

const CODE = `
const { name } = require('greeter');
const own = require('both');
const { readFileSync } = require('node:fs');
const local = require('/opt/lib/tool.js');
exports.handler = async () => ({ name, own, local, text: readFileSync('/opt/data/text.txt', 'utf8'), dir: local.dir });`;

t.test('a function has the packages and files of its layers', async (t) => {
  const client = clientOf(served.port);
  const publish = async (layerName: string, files: Record<string, string>) => {
    const body = new models.CreateLayerVersionInput({
      code: new models.InputCodeLocation({ zipFile: await zipBase64(files) }),
      compatibleRuntime: ['nodejs20'],
      description: layerName,
    });
    const request = new models.CreateLayerVersionRequest({ body });
    return (await client.createLayerVersionWithOptions(layerName, request, {}, runtime())).body;
  };
  const one = await publish('one', {
    'nodejs/node_modules/greeter/index.js': 'exports.name = "from " + require("helper");',
    'nodejs/node_modules/helper/index.js': 'module.exports = "the layer";',
    'nodejs/node_modules/both/index.js': 'module.exports = "of the layer";',
    'lib/tool.js': 'exports.dir = __dirname;',
    'data/text.txt': 'first',
  });
  t.match(one, { layerName: 'one', version: 1, acl: '0', layerVersionArn: /^acs:fc:.*:layers\/one\/versions\/1$/ });
  const two = await publish('two', { 'data/text.txt': 'second' });
  const input = new models.CreateFunctionInput({
    functionName: 'layered',
    runtime: 'nodejs20',
    handler: 'index.handler',
    timeout: 30,
    layers: [one?.layerVersionArn as string, two?.layerVersionArn as string],
    code: new models.InputCodeLocation({
      zipFile: await zipBase64({ 'index.js': CODE, 'node_modules/both/index.js': 'module.exports = "its own";' }),
    }),
  });
  const made = await client.createFunctionWithOptions(new models.CreateFunctionRequest({ body: input }), {}, runtime());
  t.match(made.body?.layers, [{ arn: one?.layerVersionArn }, { arn: two?.layerVersionArn }]);
  t.match(await invoke('layered'), {
    name: 'from the layer',
    own: 'its own',
    text: 'first',
    dir: '/opt/lib',
  });

  const update = (layers: (string | undefined)[]) =>
    client.updateFunctionWithOptions(
      'layered',
      new models.UpdateFunctionRequest({ body: new models.UpdateFunctionInput({ layers: layers as string[] }) }),
      {},
      runtime(),
    );
  await update([two?.layerVersionArn, one?.layerVersionArn]);
  t.match(await invoke('layered'), { text: 'second', name: 'from the layer' }, 'other layers need no other code');
  await t.rejects(update([`${one?.layerVersionArn}0`]), { code: 'LayerVersionNotFound' });
  await t.rejects(update(['one']), { code: 'InvalidArgument' });
  await publish('one', { 'nodejs/node_modules/greeter/index.js': 'exports.name = "newer";' });
  const listed = await client.listLayersWithOptions(new models.ListLayersRequest({}), {}, runtime());
  t.match(listed.body?.layers, [
    { layerName: 'one', version: 2 },
    { layerName: 'two', version: 1 },
  ]);
  const versions = await client.listLayerVersionsWithOptions(
    'one',
    new models.ListLayerVersionsRequest({ limit: 1 }),
    {},
    runtime(),
  );
  t.match(versions.body, { layers: [{ version: 2 }], nextVersion: 1 });
  await client.putLayerACLWithOptions('one', new models.PutLayerACLRequest({ public: 'true' }), {}, runtime());
  t.match((await client.getLayerVersionByArnWithOptions(one?.layerVersionArn as string, {}, runtime())).body, {
    acl: '1',
  });
  await client.deleteLayerVersionWithOptions('one', '1', {}, runtime());
  await t.rejects(client.getLayerVersionWithOptions('one', '1', {}, runtime()), { code: 'LayerVersionNotFound' });
  t.match(await invoke('layered'), { name: 'from the layer' }, 'functions keep what they have');
});

t.test('through the Lambda API, with permissions that are written down', async (t) => {
  const client = new lambda.LambdaClient({
    endpoint: served.base,
    region: 'us-east-1',
    credentials: { accessKeyId: ADMIN.accessKeyId, secretAccessKey: ADMIN.accessKeySecret },
    maxAttempts: 1,
  });
  t.teardown(() => client.destroy());
  const layer = await client.send(
    new lambda.PublishLayerVersionCommand({
      LayerName: 'shared',
      Content: {
        ZipFile: await zip({
          'nodejs/node_modules/greeter/index.mjs': 'export const name = "x";',
          'nodejs/node_modules/greeter/package.json': '{"main":"index.mjs"}',
        }),
      },
      CompatibleRuntimes: ['nodejs22.x'],
    }),
  );
  t.match(layer, { Version: 1, LayerVersionArn: /^arn:aws:lambda:.*:layer:shared:1$/, Content: { CodeSize: Number } });
  const FunctionName = 'with-layer';
  await client.send(
    new lambda.CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: 'arn:aws:iam::123456789012:role/x',
      Handler: 'index.handler',
      Timeout: 30,
      Layers: [layer.LayerVersionArn as string],
      Code: {
        ZipFile: await zip({ 'index.mjs': 'import { name } from "greeter"; export const handler = async () => name;' }),
      },
    }),
  );
  const { Payload } = await client.send(new lambda.InvokeCommand({ FunctionName }));
  t.equal(Buffer.from(Payload ?? []).toString(), '"x"');
  t.match(await client.send(new lambda.ListLayersCommand({})), {
    Layers: [{ LayerName: 'one' }, { LayerName: 'shared' }, { LayerName: 'two' }],
  });
  t.match(await client.send(new lambda.GetLayerVersionByArnCommand({ Arn: layer.LayerVersionArn })), { Version: 1 });
  t.match(await client.send(new lambda.ListLayerVersionsCommand({ LayerName: 'shared' })), {
    LayerVersions: [{ Version: 1 }],
  });
  const add = () =>
    client.send(
      new lambda.AddPermissionCommand({
        FunctionName,
        StatementId: 'api',
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: 'arn:aws:x',
      }),
    );
  t.match(JSON.parse((await add()).Statement ?? ''), {
    Sid: 'api',
    Principal: { Service: 'apigateway.amazonaws.com' },
  });
  await t.rejects(add(), { name: 'ResourceConflictException' });
  const { Policy = '' } = await client.send(new lambda.GetPolicyCommand({ FunctionName }));
  t.match(JSON.parse(Policy), { Statement: [{ Sid: 'api', Resource: /function:with-layer$/ }] });
  await client.send(new lambda.RemovePermissionCommand({ FunctionName, StatementId: 'api' }));
  await t.rejects(client.send(new lambda.GetPolicyCommand({ FunctionName })), { name: 'ResourceNotFoundException' });
  await client.send(new lambda.DeleteLayerVersionCommand({ LayerName: 'shared', VersionNumber: 1 }));
});

interface Token {
  readonly credentials: {
    readonly AccessKeyId: string;
    readonly AccessKeySecret: string;
    readonly SecurityToken: string;
  };
  readonly ossBucket: string;
  readonly objectName: string;
}

/** As OSS' own client puts an object at an endpoint that is an address. */
async function upload(
  { credentials, ossBucket }: Token,
  object: string,
  body: Buffer<ArrayBuffer>,
  secret = credentials.AccessKeySecret,
) {
  const date = new Date().toUTCString();
  const type = 'application/zip';
  const token = credentials.SecurityToken;
  const text = [
    'PUT',
    '',
    type,
    date,
    `x-oss-date:${date}`,
    `x-oss-security-token:${token}`,
    `/${ossBucket}/${object}`,
  ].join('\n');
  const signature = createHmac('sha1', secret).update(text).digest('base64');
  const headers = {
    authorization: `OSS ${credentials.AccessKeyId}:${signature}`,
    'content-type': type,
    'x-oss-date': date,
    'x-oss-security-token': token,
  };
  return fetch(`${served.base}/${object}`, { method: 'PUT', body, headers });
}

t.test("what Serverless Devs' deploy and invoke ask for", async (t) => {
  const fc2 = client2016(served.port);
  const client = clientOf(served.port);
  await t.rejects(client.getFunctionWithOptions('hello', new models.GetFunctionRequest({}), {}, runtime()), {
    code: 'FunctionNotFound',
  });
  const { data: token } = (await fc2.get('/tempBucketToken')) as { data: Token };
  const object = `1234567890123456/${token.objectName}`;
  const code = (await zip({
    'index.js':
      'exports.handler = (event, context, callback) => { console.log("hi"); callback(null, "hello world"); };',
  })) as Buffer<ArrayBuffer>;
  t.equal((await upload(token, object, code, 'another secret')).status, 403);
  t.equal((await upload(token, `${object}x`, code)).status, 403);
  t.equal((await upload(token, object, code)).status, 200);
  const location = { ossBucketName: token.ossBucket, ossObjectName: object };
  const input = new models.CreateFunctionInput({
    functionName: 'hello',
    runtime: 'nodejs20',
    handler: 'index.handler',
    memorySize: 512,
    diskSize: 512,
    cpu: 0.35,
    timeout: 30,
    internetAccess: true,
    code: new models.InputCodeLocation(location),
  });
  await client.createFunctionWithOptions(new models.CreateFunctionRequest({ body: input }), {}, runtime());
  t.match((await client.getFunctionWithOptions('hello', new models.GetFunctionRequest({}), {}, runtime())).body, {
    state: 'Active',
    lastUpdateStatus: 'Successful',
  });
  await t.rejects(client.getTriggerWithOptions('hello', 'http', {}, runtime()), { code: 'TriggerNotFound' });
  await t.rejects(
    client.getAsyncInvokeConfigWithOptions('hello', new models.GetAsyncInvokeConfigRequest({}), {}, runtime()),
    { code: 'AsyncConfigNotExists' },
  );
  const tail = new models.InvokeFunctionHeaders({ xFcLogType: 'Tail', xFcInvocationType: 'Sync' });
  const reply = await client.invokeFunctionWithOptions(
    'hello',
    new models.InvokeFunctionRequest({ body: bodyOf({}) }),
    tail,
    runtime(),
  );
  t.equal((await bytesOf(reply.body)).toString(), 'hello world');
  t.match(Buffer.from(reply.headers?.['x-fc-log-result'] ?? '', 'base64').toString(), /FC Invoke Start[\s\S]*hi/);

  // What was uploaded, and packages that are named by nothing else, are there after a start.
  await served.close();
  served = await serve({ data });
  const body = new models.UpdateFunctionInput({ code: new models.InputCodeLocation(location) });
  await clientOf(served.port).updateFunctionWithOptions(
    'hello',
    new models.UpdateFunctionRequest({ body }),
    {},
    runtime(),
  );
  t.match(await invoke('layered'), { name: 'from the layer' });
  t.equal((await upload(token, object, code)).status, 403, 'credentials end with the process');
});

// Connections that are kept open would hold the process.
t.end();

t.test('a number that was given while a layer was being shared is not given again', async (t) => {
  const { catalog, blobs, tenants, layers } = served.host;
  const tenant = tenants.get('default');
  const code = { bytes: Buffer.from('an archive'), size: 10, checksum: '1', sha256: '1' } as unknown as CodePackage;
  await layers.publish(tenant, 'counted', code, {});
  let isFirst = true;
  const slow = {
    async get(kind: string, key: string) {
      const found = await catalog.get(kind, key);
      if (isFirst) await layers.publish(tenant, 'counted', code, {});
      isFirst = false;
      return found;
    },
    put: catalog.put.bind(catalog),
  };
  await new Layers(slow as Pick<Catalog, 'get' | 'put'> as Catalog, blobs, tenants).share(tenant, 'counted', true);
  const next = await layers.publish(tenant, 'counted', code, {});
  t.equal(next.version, 3);
  t.equal(await layers.isPublic(tenant.name, 'counted'), true);
});
