/** The life of a function through the official Function Compute 3.0 clients. */
import t from 'tap';
import { type Served, serve } from '../served.ts';
import { zipBase64 } from '../zip.ts';
import { bodyOf, bytesOf, generations } from './client.ts';

let served: Served;
t.before(async () => {
  served = await serve();
});
t.after(() => served.close());

const CODE = `
exports.handler = async (event, context) => {
  const { name, fail } = JSON.parse(event.toString() || '{}');
  if (fail) throw new RangeError(fail);
  context.logger.info('greeting ' + name);
  return { hello: name, mood: process.env.MOOD };
};`;

for (const { name: generation, models, client: clientOf, runtime } of generations) {
  t.test(generation, async (t) => {
    const client = clientOf(served.port);
    const functionName = `life-${generation.length}`;

    const created = await client.createFunctionWithOptions(
      new models.CreateFunctionRequest({
        body: new models.CreateFunctionInput({
          functionName,
          runtime: 'nodejs20',
          handler: 'index.handler',
          memorySize: 256,
          timeout: 20,
          cpu: 0.25,
          diskSize: 512,
          role: 'acs:ram::1:role/x',
          environmentVariables: { MOOD: 'fine' },
          code: new models.InputCodeLocation({ zipFile: await zipBase64({ 'index.js': CODE }) }),
        }),
      }),
      {},
      runtime(),
    );
    t.match(created.body, {
      functionName,
      runtime: 'nodejs20',
      memorySize: 256,
      cpu: 0.25,
      role: 'acs:ram::1:role/x',
      state: 'Active',
    });
    t.match(created.body?.functionArn, /^acs:fc:cn-local:\d{16}:functions\/life-\d+$/);
    t.match(created.body?.codeChecksum, /^\d+$/);

    const invoke = (event: unknown, headers: object = {}) =>
      client.invokeFunctionWithOptions(
        functionName,
        new models.InvokeFunctionRequest({ body: bodyOf(event) }),
        new models.InvokeFunctionHeaders(headers),
        runtime(),
      );

    await t.test('a sync call with the log tail', async (t) => {
      const answer = await invoke({ name: 'Ada' }, { xFcInvocationType: 'Sync', xFcLogType: 'Tail' });
      t.equal(answer.statusCode, 200);
      t.same(JSON.parse((await bytesOf(answer.body)).toString()), { hello: 'Ada', mood: 'fine' });
      t.match(answer.headers?.['x-fc-request-id'], /^[\da-f-]{36}$/);
      t.match(Buffer.from(answer.headers?.['x-fc-log-result'] ?? '', 'base64').toString(), /greeting Ada/);
    });

    await t.test('a failure of the function is an answer', async (t) => {
      const answer = await invoke({ fail: 'too far' });
      t.equal(answer.statusCode, 200);
      t.equal(answer.headers?.['x-fc-error-type'], 'UnhandledInvocationError');
      t.match(JSON.parse((await bytesOf(answer.body)).toString()), {
        errorMessage: 'too far',
        errorType: 'RangeError',
      });
    });

    await t.test('an async call is accepted', async (t) => {
      const answer = await invoke(
        { name: 'Bo' },
        { xFcInvocationType: 'Async', xFcAsyncTaskId: `job-${generation.length}` },
      );
      t.equal(answer.statusCode, 202);
      t.equal((await bytesOf(answer.body)).length, 0);
      t.equal(answer.headers?.['x-fc-async-task-id'], `job-${generation.length}`);
    });

    await t.test('an update changes what it names', async (t) => {
      const updated = await client.updateFunctionWithOptions(
        functionName,
        new models.UpdateFunctionRequest({
          body: new models.UpdateFunctionInput({ environmentVariables: { MOOD: 'better' }, description: 'second' }),
        }),
        {},
        runtime(),
      );
      t.match(updated.body, { description: 'second', memorySize: 256, environmentVariables: { MOOD: 'better' } });
      const answer = await invoke({ name: 'Ada' });
      t.match(JSON.parse((await bytesOf(answer.body)).toString()), { mood: 'better' });
      const got = await client.getFunctionWithOptions(functionName, new models.GetFunctionRequest({}), {}, runtime());
      t.match(got.body, { description: 'second', codeChecksum: created.body?.codeChecksum });
    });

    await t.test('versions and weighted aliases', async (t) => {
      const publish = async (description: string) =>
        (
          await client.publishFunctionVersionWithOptions(
            functionName,
            new models.PublishFunctionVersionRequest({ body: new models.PublishVersionInput({ description }) }),
            {},
            runtime(),
          )
        ).body;
      const mood = async (qualifier: string) => {
        const request = new models.InvokeFunctionRequest({ body: bodyOf({}), qualifier });
        const answer = await client.invokeFunctionWithOptions(
          functionName,
          request,
          new models.InvokeFunctionHeaders({}),
          runtime(),
        );
        return JSON.parse((await bytesOf(answer.body)).toString()).mood;
      };
      t.match(await publish('first'), { versionId: '1', description: 'first' });
      await client.updateFunctionWithOptions(
        functionName,
        new models.UpdateFunctionRequest({
          body: new models.UpdateFunctionInput({ environmentVariables: { MOOD: 'best' } }),
        }),
        {},
        runtime(),
      );
      t.match(await publish('second'), { versionId: '2' });
      t.same([await mood('1'), await mood('2'), await mood('LATEST')], ['better', 'best', 'best']);
      const listed = await client.listFunctionVersionsWithOptions(
        functionName,
        new models.ListFunctionVersionsRequest({ limit: 1 }),
        {},
        runtime(),
      );
      t.match(listed.body, { versions: [{ versionId: '2' }], nextToken: /./ });
      const next = new models.ListFunctionVersionsRequest({ limit: 1, nextToken: listed.body?.nextToken });
      const rest = await client.listFunctionVersionsWithOptions(functionName, next, {}, runtime());
      t.match(rest.body, { versions: [{ versionId: '1' }] });
      t.equal(rest.body?.nextToken, undefined);

      const alias = await client.createAliasWithOptions(
        functionName,
        new models.CreateAliasRequest({
          body: new models.CreateAliasInput({ aliasName: 'prod', versionId: '1', additionalVersionWeight: { 2: 1 } }),
        }),
        {},
        runtime(),
      );
      t.match(alias.body, { aliasName: 'prod', versionId: '1', additionalVersionWeight: { 2: 1 } });
      t.equal(await mood('prod'), 'best', 'all of the weight is on the other version');
      const body = new models.UpdateAliasInput({ additionalVersionWeight: {} });
      await client.updateAliasWithOptions(functionName, 'prod', new models.UpdateAliasRequest({ body }), {}, runtime());
      t.equal(await mood('prod'), 'better');
      const old = new models.GetFunctionRequest({ qualifier: '1' });
      t.match((await client.getFunctionWithOptions(functionName, old, {}, runtime())).body, {
        environmentVariables: { MOOD: 'better' },
      });
      await t.rejects(client.deleteFunctionVersionWithOptions(functionName, '1', {}, runtime()), {
        code: 'VersionInUse',
      });
      const aliases = await client.listAliasesWithOptions(
        functionName,
        new models.ListAliasesRequest({}),
        {},
        runtime(),
      );
      t.match(aliases.body?.aliases, [{ aliasName: 'prod' }]);
      await client.deleteAliasWithOptions(functionName, 'prod', {}, runtime());
      await t.rejects(client.getAliasWithOptions(functionName, 'prod', {}, runtime()), {
        code: 'AliasNotFound',
        statusCode: 404,
      });
      await client.deleteFunctionVersionWithOptions(functionName, '1', {}, runtime());
      await t.rejects(mood('1'), { code: 'VersionNotFound' });
    });

    await t.test('its invocations can be switched off and on, and its code fetched', async (t) => {
      if (generation.includes('older')) return t.pass('the older generation has no such operation');
      const off = new models.DisableFunctionInvocationRequest({ reason: 'holidays' });
      t.match((await client.disableFunctionInvocationWithOptions(functionName, off, {}, runtime())).body, {
        success: true,
      });
      await t.rejects(invoke({}), { code: 'AccessDenied', message: /holidays/ });
      await client.enableFunctionInvocationWithOptions(functionName, {}, runtime());
      t.equal((await invoke({})).statusCode, 200);
      const code = await client.getFunctionCodeWithOptions(
        functionName,
        new models.GetFunctionCodeRequest({}),
        {},
        runtime(),
      );
      t.equal(code.body?.checksum, created.body?.codeChecksum);
      t.equal((await fetch(code.body?.url as string)).headers.get('content-type'), 'application/zip');
    });

    await t.test('it is listed, then deleted', async (t) => {
      const listed = await client.listFunctionsWithOptions(
        new models.ListFunctionsRequest({ prefix: 'life' }),
        {},
        runtime(),
      );
      t.match(
        listed.body?.functions?.map((one) => one.functionName),
        [functionName],
      );
      const deleted = await client.deleteFunctionWithOptions(functionName, {}, runtime());
      t.equal(deleted.statusCode, 204);
      await t.rejects(client.getFunctionWithOptions(functionName, new models.GetFunctionRequest({}), {}, runtime()), {
        code: 'FunctionNotFound',
        statusCode: 404,
      });
    });
  });
}

// The clients keep connections open, which would hold the process.
t.end();
