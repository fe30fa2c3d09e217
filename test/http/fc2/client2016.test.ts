/** The life of a function through the official client of 2016-08-15. */
import t from 'tap';
import { request } from 'undici';
import { type Served, serve } from '../served.ts';
import { zipBase64 } from '../zip.ts';
import { type Client, client2016 } from './client2016.ts';

let served: Served;
let client: Client;
t.before(async () => {
  served = await serve();
  client = client2016(served.port);
});
t.after(() => served.close());

const CODE = `
exports.start = (context, callback) => { globalThis.started = true; callback(null, ''); };
exports.handler = (event, context, callback) => {
  if (event.length === 0) return callback(new TypeError('no event'));
  callback(null, { got: JSON.parse(event.toString()), started: globalThis.started, mood: process.env.MOOD });
};`;

t.test('services and functions, from the beginning to the end', async (t) => {
  const fc = client;
  const made = await fc.createService('svc', { description: 'first' });
  t.match(made.data, { serviceName: 'svc', description: 'first', serviceId: /^[\da-f-]{36}$/ });
  await t.rejects(fc.createService('svc', {}), { code: 'ServiceAlreadyExists' });
  const updated = await fc.updateService('svc', { description: 'second' });
  t.match(updated.data, { description: 'second' });
  await t.rejects(fc.updateService('svc', { description: 'third' }, { 'if-match': made.headers.etag }), {
    code: 'PreconditionFailed',
  });
  const created = await fc.createFunction('svc', {
    functionName: 'life',
    runtime: 'nodejs14',
    handler: 'index.handler',
    initializer: 'index.start',
    initializationTimeout: 5,
    memorySize: 256,
    environmentVariables: { MOOD: 'fine' },
    code: { zipFile: await zipBase64({ 'index.js': CODE }) },
  });
  t.match(created.data, {
    functionName: 'life',
    initializer: 'index.start',
    initializationTimeout: 5,
    timeout: 60,
  });
  t.equal(created.headers['x-fc-code-checksum'], created.data.codeChecksum);

  const sync = await fc.invokeFunction('svc', 'life', '{"a":1}', { 'x-fc-log-type': 'Tail' });
  t.same(sync.data, { got: { a: 1 }, started: true, mood: 'fine' });
  t.type(sync.headers['x-fc-log-result'], 'string');
  t.match((await fc.invokeFunction('svc', 'life', '{"a":2}', {}, 'LATEST')).data, { got: { a: 2 } });
  const failed = await fc.invokeFunction('svc', 'life', '');
  t.equal(failed.headers['x-fc-error-type'], 'HandledInvocationError');
  t.match(failed.data, { errorMessage: 'no event', errorType: 'TypeError' });
  const async = await fc.invokeFunction('svc', 'life', '{}', {
    'x-fc-invocation-type': 'Async',
    'x-fc-stateful-async-invocation-id': 'job-1',
  });
  t.equal(async.headers['x-fc-stateful-async-invocation-id'], 'job-1');

  const rules = { statefulInvocation: true, maxAsyncRetryAttempts: 0 };
  t.match((await fc.putFunctionAsyncConfig('svc', 'life', 'LATEST', rules)).data, {
    service: 'svc',
    function: 'life',
    qualifier: 'LATEST',
    ...rules,
  });
  t.match((await fc.getFunctionAsyncConfig('svc', 'life', 'LATEST')).data, rules);
  t.equal((await fc.listFunctionAsyncConfigs('svc', 'life')).data.configs.length, 1);
  await fc.deleteFunctionAsyncConfig('svc', 'life', 'LATEST');
  await t.rejects(fc.getFunctionAsyncConfig('svc', 'life', 'LATEST'), { code: 'AsyncConfigNotExists' });

  const changed = await fc.updateFunction('svc', 'life', { environmentVariables: { MOOD: 'better' } });
  t.match(changed.data, { initializer: 'index.start', memorySize: 256, environmentVariables: { MOOD: 'better' } });
  t.match((await fc.invokeFunction('svc', 'life', '{}')).data, { mood: 'better' });
  t.match((await fc.listFunctions('svc', { prefix: 'li' })).data.functions, [{ functionName: 'life' }]);
  t.match((await fc.getFunction('svc', 'life')).data, { functionName: 'life' });
  t.match((await fc.listServices()).data.services, [{ serviceName: 'svc' }]);
  t.match((await fc.publishVersion('svc', 'one')).data, { versionId: '1', description: 'one' });
  await fc.updateFunction('svc', 'life', { environmentVariables: { MOOD: 'best' } });
  t.match((await fc.publishVersion('svc', 'two')).data, { versionId: '2' });
  const mood = async (qualifier: string) => (await fc.invokeFunction('svc', 'life', '{}', {}, qualifier)).data.mood;
  t.same([await mood('1'), await mood('2'), await mood('LATEST')], ['better', 'best', 'best']);
  t.match((await fc.createAlias('svc', 'prod', '1', { additionalVersionWeight: { 2: 1 } })).data, {
    aliasName: 'prod',
  });
  t.equal(await mood('prod'), 'best');
  await fc.updateAlias('svc', 'prod', '1', { additionalVersionWeight: {} });
  t.equal(await mood('prod'), 'better');
  t.match((await fc.listVersions('svc')).data.versions, [{ versionId: '2' }, { versionId: '1' }]);
  t.match((await fc.listAliases('svc')).data.aliases, [{ aliasName: 'prod', versionId: '1' }]);
  await t.rejects(fc.deleteVersion('svc', '1'), { code: 'VersionInUse' });
  await fc.deleteAlias('svc', 'prod');
  await fc.deleteVersion('svc', '1');
  await t.rejects(mood('1'), { code: 'VersionNotFound' });

  await t.rejects(fc.deleteService('svc'), { code: 'ServiceNotEmpty' });
  await fc.deleteFunction('svc', 'life');
  await t.rejects(fc.getFunction('svc', 'life'), { code: 'FunctionNotFound' });
  await t.rejects(fc.invokeFunction('svc', 'life', '{}'), { name: 'FCFunctionNotFoundError' });
  await fc.deleteService('svc');
  await t.rejects(fc.getService('svc'), { code: 'ServiceNotFound' });
});

t.test('triggers, provisioned instances and custom domains name a service and its function', async (t) => {
  const fc = client;
  await fc.createService('sources', {});
  const page = "exports.handler = async () => ({ statusCode: 200, body: 'page' });";
  await fc.createFunction('sources', {
    functionName: 'page',
    runtime: 'nodejs16',
    handler: 'index.handler',
    code: { zipFile: await zipBase64({ 'index.js': page }) },
  });
  await fc.publishVersion('sources', '');
  await fc.publishVersion('sources', 'the second one');
  await fc.createAlias('sources', 'prod', '2');

  const config = { authType: 'anonymous', methods: ['GET'] };
  const trigger = { triggerName: 'web', triggerType: 'http', triggerConfig: config, qualifier: '2' };
  const made = (await fc.createTrigger('sources', 'page', trigger)).data;
  t.match(made, { ...trigger, triggerId: String, urlInternet: String }, 'the config is an object, the version its own');
  // This client leaves the port out of its Host header, from which the address is made.
  t.equal(await (await fetch(served.base + new URL(made.urlInternet).pathname)).text(), 'page');
  await t.rejects(fc.createTrigger('sources', 'page', trigger), { code: 'TriggerAlreadyExists' });
  t.match((await fc.getTrigger('sources', 'page', 'web')).data, trigger);
  const cron = { cronExpression: '@every 1h', enable: true };
  await fc.createTrigger('sources', 'page', { triggerName: 'hourly', triggerType: 'timer', triggerConfig: cron });
  const changed = await fc.updateTrigger('sources', 'page', 'hourly', { triggerConfig: { ...cron, enable: false } });
  t.match(changed.data, { triggerConfig: { ...cron, enable: false }, qualifier: 'LATEST' });
  const names = async (query: object) =>
    (await fc.listTriggers('sources', 'page', query)).data.triggers.map((one: typeof trigger) => one.triggerName);
  t.same(await names({}), ['hourly', 'web']);
  t.same(await names({ startKey: 'i' }), ['web']);
  await fc.deleteTrigger('sources', 'page', 'hourly');
  await t.rejects(fc.getTrigger('sources', 'page', 'hourly'), { code: 'TriggerNotFound' });
  await t.rejects(fc.listTriggers('sources', 'none'), { code: 'FunctionNotFound' });

  const resource = /^\d+#sources#prod#page$/;
  t.match((await fc.putProvisionConfig('sources', 'page', 'prod', { target: 1 })).data, { resource, target: 1 });
  t.match((await fc.getProvisionConfig('sources', 'page', 'prod')).data, { resource, target: 1 });
  const configs = async (query: object) => (await fc.listProvisionConfigs(query)).data.provisionConfigs;
  t.match(await configs({ serviceName: 'sources', qualifier: 'prod' }), [{ resource, target: 1 }]);
  t.same(await configs({ serviceName: 'other' }), []);
  t.match((await fc.putProvisionConfig('sources', 'page', 'prod', { target: 0 })).data, { target: 0, current: 0 });
  t.same(await configs({}), []);

  const routes = [{ path: '/*', serviceName: 'sources', functionName: 'page', qualifier: '2' }];
  const domain = (await fc.createCustomDomain('page.example.com', { protocol: 'HTTP', routeConfig: { routes } })).data;
  t.match(domain, { domainName: 'page.example.com', protocol: 'HTTP', routeConfig: { routes } });
  const at = (path: string) => request(`${served.base}${path}`, { headers: { host: 'page.example.com' } });
  t.equal(await (await at('/any')).body.text(), 'page');
  const fewer = [{ ...routes[0], path: '/one' }];
  await fc.updateCustomDomain('page.example.com', { routeConfig: { routes: fewer } });
  t.match((await fc.getCustomDomain('page.example.com')).data, { routeConfig: { routes: fewer } });
  t.equal((await at('/any')).statusCode, 404);
  t.match((await fc.listCustomDomains({ prefix: 'page' })).data.customDomains, [{ domainName: 'page.example.com' }]);
  await fc.deleteCustomDomain('page.example.com');
  await t.rejects(fc.getCustomDomain('page.example.com'), { code: 'DomainNameNotFound' });
});

t.test('tags and on-demand configs are kept; an account has one zone', async (t) => {
  const fc = client;
  await fc.createService('tagged', {});
  await fc.createService('plain', {});
  await fc.createFunction('tagged', {
    functionName: 'one',
    runtime: 'nodejs16',
    handler: 'index.handler',
    code: { zipFile: await zipBase64({ 'index.js': 'exports.handler = async () => 1;' }) },
  });
  const service = 'acs:fc:cn-local:1234567890123456:services/tagged';
  await fc.tagResource(service, { team: 'a', tier: 'b' });
  await fc.tagResource('services/tagged/functions/one', { team: 'f' });
  t.same((await fc.getResourceTags({ resourceArn: service })).data.tags, { team: 'a', tier: 'b' });
  t.same((await fc.getResourceTags({ resourceArn: `${service}/functions/one` })).data.tags, { team: 'f' });
  const names = async (query: object) =>
    (await fc.listServices(query)).data.services.map((one: { serviceName: string }) => one.serviceName);
  t.same(await names({ tag_team: 'a' }), ['tagged']);
  t.same(await names({ tag_team: 'f' }), []);
  await fc.untagResource(service, ['team']);
  t.same((await fc.getResourceTags({ resourceArn: service })).data.tags, { tier: 'b' });
  await fc.untagResource(service, [], true);
  t.same((await fc.getResourceTags({ resourceArn: service })).data.tags, {});
  await t.rejects(fc.tagResource('services/none', { a: 'b' }), { code: 'ServiceNotFound' });
  await t.rejects(fc.tagResource('buckets/tagged', { a: 'b' }), { code: 'InvalidArgument' });

  const config = { maximumInstanceCount: 7 };
  await t.rejects(fc.getOnDemandConfig('tagged', 'one', 'LATEST'), { code: 'ConcurrencyConfigNotFound' });
  t.match((await fc.putOnDemandConfig('tagged', 'one', 'LATEST', config)).data, config);
  t.match((await fc.getOnDemandConfig('tagged', 'one', 'LATEST')).data, config);
  t.match((await fc.listOnDemandConfigs()).data.configs, [{ ...config, resource: /#tagged#LATEST#one$/ }]);
  await fc.deleteOnDemandConfig('tagged', 'one', 'LATEST');
  t.same((await fc.listOnDemandConfigs()).data.configs, []);
  t.equal((await fc.getAccountSettings()).data.availableAZs.length, 1);
  t.same((await fc.listReservedCapacities()).data.reservedCapacities, []);
});

t.test('a key that is not known, or wrong, is told', async (t) => {
  const stranger = client2016(served.port, { accessKeyId: 'nobody', accessKeySecret: 'x' });
  await t.rejects(stranger.listServices(), { code: 'InvalidAccessKeyID' });
  const wrong = client2016(served.port, { accessKeyId: 'ADMINKEYOFTESTS', accessKeySecret: 'x' });
  await t.rejects(wrong.listServices(), { code: 'SignatureNotMatch' });
});

// Connections that are kept open would hold the process.
t.end();
