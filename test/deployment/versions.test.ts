import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

let count = 0;
const says = (text: string): { source: string } => ({
  source: `export const handler = (event, context) => [${JSON.stringify(text)}, process.env.WHO ?? null];`,
});

/** A function with two versions that say `one` and `two`, and LATEST, which says `head`. */
async function publishTwo(): Promise<string> {
  const functionName = `f${count++}`;
  await engine.createFunction({ functionName, code: says('one') });
  await engine.publishVersion(functionName, { description: 'first' });
  await engine.updateFunction(functionName, { code: says('two'), environmentVariables: { WHO: 'v2' } });
  await engine.publishVersion(functionName);
  await engine.updateFunction(functionName, { code: says('head'), environmentVariables: {} });
  return functionName;
}

t.test('a version keeps the code and configuration LATEST had', async (t) => {
  const f = await publishTwo();
  t.same(await engine.invoke(f, null, { qualifier: '1' }), ['one', null]);
  t.same(await engine.invoke(f, null, { qualifier: '2' }), ['two', 'v2']);
  t.same(await engine.invoke(f, null, { qualifier: 'LATEST' }), ['head', null]);
  t.same(await engine.invoke(f), ['head', null]);
  t.same(engine.invokeSync(f, null, { qualifier: '2' }), ['two', 'v2']);
  t.match(engine.listVersions(f), [
    { versionId: '1', description: 'first' },
    { versionId: '2', description: '' },
  ]);
  t.match(engine.getFunction(f, { qualifier: '1' }), { versionId: '1', environmentVariables: {} });
  t.equal(engine.getFunction(f).versionId, 'LATEST');
  const status: InvokeStatus = {};
  await engine.invoke(f, null, { qualifier: '2', status });
  t.equal(status.versionId, '2');
});

t.test('the guest is told its version', async (t) => {
  const functionName = `f${count++}`;
  const source = `export const handler = (event, context) =>
    [context.functionVersion ?? context.service.versionId, process.env.AWS_LAMBDA_FUNCTION_VERSION ?? null];`;
  for (const [runtime, latest] of [
    ['nodejs20', ['', null]],
    ['nodejs22.x', ['$LATEST', '$LATEST']],
  ] as const) {
    const name = `${functionName}-${runtime.length}`;
    await engine.createFunction({ functionName: name, runtime, code: { source } });
    await engine.publishVersion(name);
    t.same(await engine.invoke(name), latest);
    t.same(await engine.invoke(name, null, { qualifier: '1' }), latest[1] === null ? ['1', null] : ['1', '1']);
  }
});

t.test('numbers of versions are not used twice, and one in use is not deleted', async (t) => {
  const f = await publishTwo();
  await engine.createAlias(f, { aliasName: 'live', versionId: '1', additionalVersionWeight: { 2: 0.5 } });
  for (const version of ['1', '2']) {
    await t.rejects(engine.deleteVersion(f, version), { code: 'VersionInUse', message: /"live"/ });
  }
  await engine.updateAlias(f, 'live', { additionalVersionWeight: {} });
  await engine.deleteVersion(f, '2');
  await t.rejects(engine.invoke(f, null, { qualifier: '2' }), { code: 'VersionNotFound' });
  await t.rejects(engine.deleteVersion(f, '2'), { code: 'VersionNotFound' });
  t.equal((await engine.publishVersion(f)).versionId, '3');
});

t.test('an alias follows its version, and going back is one call', async (t) => {
  const f = await publishTwo();
  await engine.createAlias(f, { aliasName: 'live', versionId: '1', description: 'what users get' });
  const said = async (): Promise<unknown> => ((await engine.invoke(f, null, { qualifier: 'live' })) as string[])[0];
  t.equal(await said(), 'one');
  await engine.updateAlias(f, 'live', { versionId: '2' });
  t.equal(await said(), 'two');
  await engine.updateAlias(f, 'live', { versionId: '1' });
  t.equal(await said(), 'one');
  await engine.updateAlias(f, 'live', { versionId: 'LATEST' });
  t.equal(await said(), 'head');
  t.match(engine.getAlias(f, 'live'), { aliasName: 'live', versionId: 'LATEST', description: 'what users get' });
  await engine.createAlias(f, { aliasName: 'beta', versionId: '2' });
  t.same(
    engine.listAliases(f).map(({ aliasName }) => aliasName),
    ['beta', 'live'],
  );
  await engine.deleteAlias(f, 'live');
  await t.rejects(engine.invoke(f, null, { qualifier: 'live' }), { code: 'AliasNotFound' });
});

t.test('weights share out sync and async calls', async (t) => {
  const f = await publishTwo();
  await engine.createAlias(f, { aliasName: 'canary', versionId: '1', additionalVersionWeight: { 2: 0.5 } });
  const calls = await Promise.all(Array.from({ length: 200 }, () => engine.invoke(f, null, { qualifier: 'canary' })));
  const twos = (calls as string[][]).filter(([text]) => text === 'two').length;
  t.ok(twos > 50 && twos < 150, `${twos} of 200`);
  const seen = new Set<string>();
  for (let at = 0; at < 40; at++) {
    const status: InvokeStatus = {};
    const [text] = (await engine.invoke(f, null, { qualifier: 'canary', status })) as string[];
    t.equal(status.versionId, text === 'two' ? '2' : '1');
    seen.add(text as string);
  }
  t.equal(seen.size, 2);
});

t.test('async calls go where their qualifier points when they are handed out', async (t) => {
  const functionName = `f${count++}`;
  const heard: unknown[] = [];
  const asyncInvokeConfig = { onSuccess: ({ result }: { result?: unknown }) => void heard.push(result) };
  await engine.createFunction({ functionName, code: { source: 'export const handler = () => 1;' }, asyncInvokeConfig });
  await engine.publishVersion(functionName);
  await engine.updateFunction(functionName, { code: { source: 'export const handler = () => 2;' } });
  await engine.publishVersion(functionName);
  await engine.createAlias(functionName, { aliasName: 'live', versionId: '1' });
  await engine.invokeAsync(functionName, null, { qualifier: '1' });
  await engine.invokeAsync(functionName);
  await engine.whenIdle();
  t.same(heard.sort(), [1, 2]);
  // Waiting while the alias moves on.
  await engine.invokeAsync(functionName, null, { qualifier: 'live', delaySeconds: 0.2 });
  await engine.updateAlias(functionName, 'live', { versionId: '2' });
  heard.length = 0;
  await engine.whenIdle();
  t.same(heard, [2]);
  await t.rejects(engine.invokeAsync(functionName, null, { qualifier: '9' }), { code: 'VersionNotFound' });
  await t.rejects(engine.invokeAsync(functionName, null, { qualifier: 'no' }), { code: 'AliasNotFound' });
});

t.test('an event whose alias is gone ends with that error', async (t) => {
  const functionName = `f${count++}`;
  const failed: string[] = [];
  const asyncInvokeConfig = {
    onFailure: ({ error }: { error?: { code: string } }) => void failed.push(error?.code ?? ''),
  };
  await engine.createFunction({ functionName, code: says('x'), asyncInvokeConfig });
  await engine.createAlias(functionName, { aliasName: 'live', versionId: 'LATEST' });
  await engine.invokeAsync(functionName, null, { qualifier: 'live', delaySeconds: 0.2 });
  await engine.deleteAlias(functionName, 'live');
  await engine.whenIdle();
  await new Promise(setImmediate);
  t.same(failed, ['AliasNotFound']);
});

t.test('what is wrong with an alias is said', async (t) => {
  const f = await publishTwo();
  const wrong: [object, { code: string; message?: RegExp }][] = [
    [
      { aliasName: 'LATEST', versionId: '1' },
      { code: 'InvalidArgument', message: /must not be LATEST/ },
    ],
    [
      { aliasName: '12', versionId: '1' },
      { code: 'InvalidArgument', message: /aliasName: must be 1-128/ },
    ],
    [{ aliasName: 'a' }, { code: 'InvalidArgument', message: /versionId/ }],
    [{ aliasName: 'a', versionId: '9' }, { code: 'VersionNotFound' }],
    [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 9: 0.1 } }, { code: 'VersionNotFound' }],
    [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { x: 0.1 } }, { code: 'InvalidArgument' }],
    [{ aliasName: 'a', versionId: '1', additionalVersionWeight: { 2: 1.1 } }, { code: 'InvalidArgument' }],
    [
      { aliasName: 'a', versionId: '1', additionalVersionWeight: { 1: 0.5 } },
      { code: 'AdditionalVersionContainsMajorVersion' },
    ],
  ];
  for (const [config, error] of wrong)
    await t.rejects(engine.createAlias(f, config as never), error, JSON.stringify(config));
  await engine.createAlias(f, { aliasName: 'a', versionId: '1' });
  await t.rejects(engine.createAlias(f, { aliasName: 'a', versionId: '2' }), { code: 'AliasAlreadyExists' });
  await t.rejects(engine.updateAlias(f, 'b', {}), { code: 'AliasNotFound' });
  await t.rejects(engine.publishVersion('nobody'), { code: 'FunctionNotFound' });
  await t.rejects(engine.invoke(f, null, { qualifier: '' }), { code: 'InvalidArgument', message: /qualifier/ });
});
