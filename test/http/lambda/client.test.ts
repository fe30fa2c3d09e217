/** The life of a function through the official Lambda client for JavaScript. */
import * as lambda from '@aws-sdk/client-lambda';
import t from 'tap';
import { ADMIN, type Served, serve } from '../served.ts';
import { zip } from '../zip.ts';

let served: Served;
let client: lambda.LambdaClient;
t.before(async () => {
  served = await serve();
  client = new lambda.LambdaClient({
    endpoint: served.base,
    region: 'us-east-1',
    credentials: { accessKeyId: ADMIN.accessKeyId, secretAccessKey: ADMIN.accessKeySecret },
    maxAttempts: 1,
  });
});
t.after(async () => {
  client.destroy();
  await served.close();
});

const CODE = `
exports.handler = async (event, context) => {
  if (event.fail) throw new RangeError(event.fail);
  console.log('working for', context.functionName);
  return { got: event, mood: process.env.MOOD };
};`;

t.test('from the beginning to the end', async (t) => {
  const FunctionName = 'life';
  const created = await client.send(
    new lambda.CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: 'arn:aws:iam::123456789012:role/x',
      Handler: 'index.handler',
      Timeout: 20,
      Code: { ZipFile: await zip({ 'index.js': CODE }) },
      Environment: { Variables: { MOOD: 'fine' } },
      Tags: { team: 'a' },
    }),
  );
  t.match(created, { FunctionName, Version: '$LATEST', State: 'Active', MemorySize: 128, Timeout: 20 });
  t.match(created.FunctionArn, /^arn:aws:lambda:cn-local:\d{12}:function:life$/);
  await lambda.waitUntilFunctionActiveV2({ client, maxWaitTime: 10 }, { FunctionName });

  const invoke = async (event: unknown, more: Partial<lambda.InvokeCommandInput> = {}) => {
    const answer = await client.send(
      new lambda.InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString();
    return { ...answer, value: text === '' ? undefined : JSON.parse(text) };
  };
  const answer = await invoke({ a: 1 }, { LogType: 'Tail' });
  t.match(answer, { StatusCode: 200, ExecutedVersion: '$LATEST', value: { got: { a: 1 }, mood: 'fine' } });
  t.match(Buffer.from(answer.LogResult ?? '', 'base64').toString(), /working for life/);
  t.match(await invoke({ fail: 'too far' }), {
    StatusCode: 200,
    FunctionError: 'Unhandled',
    value: { errorMessage: 'too far', errorType: 'RangeError', trace: [/RangeError: too far/] },
  });
  t.match(await invoke({}, { InvocationType: 'Event' }), { StatusCode: 202 });
  t.match(await invoke({}, { InvocationType: 'DryRun' }), { StatusCode: 204 });
  t.match(await invoke({}, { FunctionName: created.FunctionArn as string }), { StatusCode: 200 });

  const configured = await client.send(
    new lambda.UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: { MOOD: 'better' } } }),
  );
  t.match(configured, { Timeout: 20, Environment: { Variables: { MOOD: 'better' } } });
  t.match(await invoke({}), { value: { mood: 'better' } });
  const recoded = await client.send(
    new lambda.UpdateFunctionCodeCommand({
      FunctionName,
      ZipFile: await zip({ 'index.js': 'exports.handler = async () => "new";' }),
    }),
  );
  t.not(recoded.CodeSha256, created.CodeSha256);
  t.match(await invoke({}), { value: 'new' });
  await t.rejects(
    client.send(
      new lambda.UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 5, RevisionId: created.RevisionId }),
    ),
    { name: 'PreconditionFailedException' },
  );
  const got = await client.send(new lambda.GetFunctionCommand({ FunctionName }));
  t.match(got, { Configuration: { Runtime: 'nodejs22.x' }, Tags: { team: 'a' } });
  const code = await fetch(got.Code?.Location as string);
  t.equal(code.status, 200);
  t.same(
    Buffer.from(await code.arrayBuffer())
      .subarray(0, 2)
      .toString(),
    'PK',
  );
  t.equal((await fetch(`${got.Code?.Location}x`)).status, 403);
  const publish = () => client.send(new lambda.PublishVersionCommand({ FunctionName }));
  t.match(await publish(), { Version: '1', FunctionArn: /:life:1$/ });
  t.match(await publish(), { Version: '1' }, 'nothing has changed since');
  const second = new lambda.UpdateFunctionCodeCommand({
    FunctionName,
    ZipFile: await zip({ 'index.js': 'exports.handler = async () => "newer";' }),
    Publish: true,
  });
  t.match(await client.send(second), { Version: '2' });
  t.match(await invoke({}, { Qualifier: '1' }), { value: 'new', ExecutedVersion: '1' });
  t.match(await invoke({}, { FunctionName: 'life:2' }), { value: 'newer', ExecutedVersion: '2' });
  const made = new lambda.CreateAliasCommand({
    FunctionName,
    Name: 'prod',
    FunctionVersion: '1',
    RoutingConfig: { AdditionalVersionWeights: { 2: 1 } },
  });
  t.match(await client.send(made), { AliasArn: /:life:prod$/, RoutingConfig: { AdditionalVersionWeights: { 2: 1 } } });
  t.match(await invoke({}, { Qualifier: 'prod' }), { value: 'newer', ExecutedVersion: '2' });
  await client.send(new lambda.UpdateAliasCommand({ FunctionName, Name: 'prod', RoutingConfig: {} }));
  t.match(await invoke({}, { Qualifier: 'prod' }), { value: 'new', ExecutedVersion: '1' });
  t.match(await client.send(new lambda.ListVersionsByFunctionCommand({ FunctionName })), {
    Versions: [{ Version: '$LATEST' }, { Version: '1' }, { Version: '2' }],
  });
  t.match(await client.send(new lambda.ListAliasesCommand({ FunctionName })), { Aliases: [{ Name: 'prod' }] });
  t.match(await client.send(new lambda.GetFunctionCommand({ FunctionName, Qualifier: 'prod' })), {
    Configuration: { Version: '1', CodeSha256: recoded.CodeSha256 },
  });
  await client.send(new lambda.DeleteAliasCommand({ FunctionName, Name: 'prod' }));
  await t.rejects(client.send(new lambda.GetAliasCommand({ FunctionName, Name: 'prod' })), {
    name: 'ResourceNotFoundException',
  });
  await client.send(new lambda.DeleteFunctionCommand({ FunctionName, Qualifier: '1' }));
  await t.rejects(invoke({}, { Qualifier: '1' }), { name: 'ResourceNotFoundException' });

  t.match(await client.send(new lambda.ListFunctionsCommand({})), { Functions: [{ FunctionName }] });
  await client.send(new lambda.DeleteFunctionCommand({ FunctionName }));
  await t.rejects(client.send(new lambda.GetFunctionCommand({ FunctionName })), {
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

t.test('what happens to async events is put, changed, listed and forgotten', async (t) => {
  const FunctionName = 'later';
  await served.engine.createFunction({
    functionName: FunctionName,
    code: { source: 'export const handler = () => 1' },
  });
  const send = client.send.bind(client);
  const Destination = 'arn:aws:lambda:cn-local:123456789012:function:later';
  const put = new lambda.PutFunctionEventInvokeConfigCommand({
    FunctionName,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination } },
  });
  t.match(await send(put), {
    FunctionArn: /:function:later:\$LATEST$/,
    LastModified: Date,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination } },
  });
  const age = { FunctionName, MaximumEventAgeInSeconds: 60 };
  t.match(await send(new lambda.UpdateFunctionEventInvokeConfigCommand(age)), {
    MaximumRetryAttempts: 1,
    MaximumEventAgeInSeconds: 60,
  });
  const replaced = await send(new lambda.PutFunctionEventInvokeConfigCommand(age));
  t.equal(replaced.MaximumRetryAttempts, undefined, 'putting replaces');
  t.same(replaced.DestinationConfig, { OnSuccess: {}, OnFailure: {} });
  const get = new lambda.GetFunctionEventInvokeConfigCommand({ FunctionName: `${FunctionName}:$LATEST` });
  t.match(await send(get), { MaximumEventAgeInSeconds: 60 });
  t.match(await send(new lambda.ListFunctionEventInvokeConfigsCommand({ FunctionName })), {
    FunctionEventInvokeConfigs: [{ MaximumEventAgeInSeconds: 60 }],
  });
  for (const wrong of [{ MaximumRetryAttempts: 3 }, {}]) {
    await t.rejects(send(new lambda.PutFunctionEventInvokeConfigCommand({ FunctionName, ...wrong })), {
      name: 'InvalidParameterValueException',
    });
  }
  await send(new lambda.DeleteFunctionEventInvokeConfigCommand({ FunctionName }));
  await t.rejects(send(get), { name: 'ResourceNotFoundException' });
  await served.engine.deleteFunction(FunctionName);
});

t.test('function URLs, tags and reserved concurrency', async (t) => {
  const FunctionName = 'url';
  const source =
    'exports.handler = async ({ rawPath, rawQueryString, cookies }) => ({ statusCode: 201, body: rawPath + rawQueryString + cookies });';
  const made = await client.send(
    new lambda.CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: 'r',
      Handler: 'index.handler',
      Code: { ZipFile: await zip({ 'index.js': source }) },
    }),
  );
  const url = await client.send(new lambda.CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
  const answer = await fetch(`${url.FunctionUrl}deep?a=1`, { headers: { cookie: 'x=1; y=2' } });
  t.equal(answer.status, 201);
  t.equal(await answer.text(), '/deepa=1x=1,y=2');
  await client.send(new lambda.UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM' }));
  t.equal((await fetch(url.FunctionUrl as string)).status, 403);
  await client.send(new lambda.UpdateFunctionUrlConfigCommand({ FunctionName, InvokeMode: 'RESPONSE_STREAM' }));
  const { FunctionUrlConfigs } = await client.send(new lambda.ListFunctionUrlConfigsCommand({ FunctionName }));
  t.match(FunctionUrlConfigs, [{ AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' }], 'what is not said stays');
  await client.send(new lambda.DeleteFunctionUrlConfigCommand({ FunctionName }));
  t.equal((await fetch(url.FunctionUrl as string)).status, 404);

  const Resource = made.FunctionArn as string;
  await client.send(new lambda.TagResourceCommand({ Resource, Tags: { a: '1', b: '2', c: '3' } }));
  await client.send(new lambda.UntagResourceCommand({ Resource, TagKeys: ['a', 'b'] }));
  t.same((await client.send(new lambda.ListTagsCommand({ Resource }))).Tags, { c: '3' });
  await client.send(new lambda.PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  await t.rejects(client.send(new lambda.InvokeCommand({ FunctionName, Payload: '{}' })), {
    name: 'TooManyRequestsException',
  });
  await client.send(new lambda.DeleteFunctionConcurrencyCommand({ FunctionName }));
  t.match(await client.send(new lambda.GetAccountSettingsCommand({})), { AccountUsage: { FunctionCount: 1 } });
  await client.send(new lambda.DeleteFunctionCommand({ FunctionName }));
});

t.test('what is wrong is told in its own words', async (t) => {
  const input = {
    FunctionName: 'x',
    Runtime: 'python3.12' as const,
    Role: 'r',
    Handler: 'a.b',
    Code: { ZipFile: await zip({ 'a.js': '' }) },
  };
  await t.rejects(client.send(new lambda.CreateFunctionCommand(input)), {
    name: 'InvalidParameterValueException',
    message: /python3\.12/,
  });
  await t.rejects(client.send(new lambda.InvokeCommand({ FunctionName: 'none' })), {
    name: 'ResourceNotFoundException',
  });
  const stranger = new lambda.LambdaClient({
    endpoint: served.base,
    region: 'us-east-1',
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  await t.rejects(stranger.send(new lambda.ListFunctionsCommand({})), { name: 'UnrecognizedClientException' });
  stranger.destroy();
});

// Connections that are kept open would hold the process.
t.end();
