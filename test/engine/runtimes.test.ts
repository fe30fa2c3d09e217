/** Whose conventions a handler follows: Function Compute's, Lambda's, or the web's. */
import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';
import { at, PLACES } from './places.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

let count = 0;
async function define(source: string, more: object): Promise<string> {
  const functionName = `f${count++}`;
  await engine.createFunction({ functionName, timeout: 60, code: { source }, ...more });
  return functionName;
}

for (const place of PLACES) {
  t.test(`${place}: Function Compute's event is a Buffer of what was sent`, async (t) => {
    const name = await define(
      `exports.handler = async (event) => [event instanceof Buffer, event.length, event.toString('hex'), event.toString()];`,
      { ...at(place), runtime: 'nodejs20' },
    );
    t.same(await engine.invoke(name, { a: 'ü' }), [true, 10, '7b2261223a22c3bc227d', '{"a":"ü"}']);
    t.same(await engine.invoke(name, 'ü'), [true, 2, 'c3bc', 'ü']);
    t.same(await engine.invoke(name, 12), [true, 2, '3132', '12']);
    t.same(await engine.invoke(name), [true, 0, '', '']);
    t.match(await engine.invoke(name, new Uint8Array([255, 0])), [true, 2, 'ff00']);
  });

  t.test(`${place}: Function Compute's result is bytes, JSON, or else a string`, async (t) => {
    const name = await define(
      `const results = { bytes: Buffer.from([1, 2]), object: { a: 1 }, list: [1], number: 1.5, yes: true, text: 'x', nul: null, nothing: undefined };
       exports.handler = (event, context, callback) => callback(null, results[event]);`,
      { ...at(place), runtime: 'nodejs18' },
    );
    const later = await define(
      `const results = { number: 1.5, yes: true, object: { a: 1 } };
       exports.handler = async (event) => results[event];`,
      { ...at(place), runtime: 'nodejs22' },
    );
    t.same(await engine.invoke(name, 'bytes'), new Uint8Array([1, 2]));
    t.same(await engine.invoke(name, 'object'), { a: 1 });
    t.same(await engine.invoke(name, 'list'), [1]);
    t.equal(await engine.invoke(name, 'number'), '1.5');
    t.equal(await engine.invoke(name, 'yes'), 'true');
    t.equal(await engine.invoke(name, 'text'), 'x');
    t.equal(await engine.invoke(name, 'nul'), undefined);
    t.equal(await engine.invoke(name, 'nothing'), undefined);
    t.equal(await engine.invoke(later, 'number'), '1.5');
    t.equal(await engine.invoke(later, 'yes'), 'true');
    t.same(await engine.invoke(later, 'object'), { a: 1 });
  });

  t.test(`${place}: Function Compute's context and variables are those its documentation lists`, async (t) => {
    const name = await define(
      `export const handler = async (event, context) => ({
         requestId: context.requestId, keys: Object.keys(context.credentials), function: context.function,
         service: Object.keys(context.service), region: context.region, accountId: context.accountId,
         logger: Object.keys(context.logger).sort(), tracing: typeof context.tracing.parseOpenTracingBaggages,
         env: process.env,
       });`,
      {
        ...at(place),
        runtime: 'nodejs20',
        memorySize: 64,
        environmentVariables: { MODE: 'x', FC_REGION: 'mine' },
      },
    );
    const status: InvokeStatus = {};
    const { env, ...context } = (await engine.invoke(name, null, { status })) as { env: Record<string, string> };
    t.same(context, {
      requestId: status.requestId,
      keys: ['accessKeyId', 'accessKeySecret', 'securityToken'],
      function: { name, handler: 'index.handler', memory: 64, timeout: 60 },
      service: ['name', 'logProject', 'logStore', 'qualifier', 'versionId'],
      region: 'local',
      accountId: '',
      logger: ['debug', 'error', 'info', 'log', 'warn'],
      tracing: 'function',
    });
    t.match(env, {
      FC_RUNTIME: 'nodejs20',
      FC_FUNCTION_NAME: name,
      FC_FUNCTION_HANDLER: 'index.handler',
      FC_FUNCTION_MEMORY_SIZE: '64',
      FC_TIMEOUT: '60',
      FC_FUNC_CODE_PATH: '/code/',
      FC_REGION: 'mine',
      MODE: 'x',
    });
  });

  t.test(`${place}: initializer and preStop run in CommonJS and in ES modules`, async (t) => {
    const stopped: unknown[] = [];
    const bindings = { log: { stopped: (what: unknown) => stopped.push(what) } };
    const hooks = { initializer: { handler: 'index.initialize' }, preStop: { handler: 'index.preStop' } };
    const more = { ...at(place), runtime: 'nodejs20', bindings, instanceLifecycleConfig: hooks };
    const common = await define(
      `let from = 'nowhere';
       exports.initialize = (context, callback) => { from = context.function.name; setTimeout(() => callback(null, ''), 1); };
       exports.preStop = (context, callback) => { context.bindings.log.stopped('common').then(() => callback(null)); };
       exports.handler = (event, context, callback) => callback(null, from);`,
      more,
    );
    const module = await define(
      `let from = 'nowhere';
       export const initialize = async (context) => { await null; from = context.function.name; };
       export const preStop = async (context) => { await context.bindings.log.stopped('module'); };
       export const handler = async () => from;`,
      more,
    );
    t.equal(await engine.invoke(common), common);
    t.equal(await engine.invoke(module), module);
    await engine.deleteFunction(common);
    await engine.deleteFunction(module);
    t.same(stopped.sort(), ['common', 'module']);
  });

  t.test(`${place}: an error given to the callback, a thrown one and a text are told apart`, async (t) => {
    const name = await define(
      `exports.handler = (event, context, callback) => {
         const error = new RangeError('no');
         if (event.toString() === 'callback') callback(error); else if (event.toString() === 'text') callback('words'); else throw error;
       };`,
      { ...at(place), runtime: 'nodejs20' },
    );
    const failure = (event: string): Promise<unknown> => engine.invoke(name, event).catch((error: unknown) => error);
    t.match(await failure('callback'), { code: 'HandledInvocationError', errorType: 'RangeError', message: 'no' });
    t.match(await failure('text'), { code: 'HandledInvocationError', message: 'words' });
    t.match(await failure('throw'), { code: 'UnhandledInvocationError', errorType: 'RangeError', message: 'no' });
  });

  t.test(`${place}: Lambda's event is a value, its context counts down`, async (t) => {
    const name = await define(
      `export const handler = async (event, context) => {
         const left = context.getRemainingTimeInMillis();
         const until = Date.now() + 5;
         while (Date.now() < until);
         return {
           event, left, later: context.getRemainingTimeInMillis() < left, awsRequestId: context.awsRequestId,
           name: context.functionName, memory: context.memoryLimitInMB, arn: context.invokedFunctionArn,
           version: context.functionVersion, env: process.env.AWS_LAMBDA_FUNCTION_NAME, handler: process.env._HANDLER,
         };
       };`,
      { ...at(place), runtime: 'nodejs22.x' },
    );
    const status: InvokeStatus = {};
    const { left, ...rest } = (await engine.invoke(name, { a: [1] }, { status })) as { left: number };
    t.ok(left > 0 && left <= 60_000, `${left}`);
    t.same(rest, {
      event: { a: [1] },
      later: true,
      awsRequestId: status.requestId,
      name,
      memory: '128',
      arn: `arn:aws:lambda:local:000000000000:function:${name}`,
      version: '$LATEST',
      env: name,
      handler: 'index.handler',
    });
    const callback = await define(
      `exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setTimeout(callback, 1, null, [event, context.functionName]); };`,
      { ...at(place), runtime: 'nodejs20.x' },
    );
    t.same(await engine.invoke(callback, null), [null, callback]);
  });
}

t.test('a fetch handler is recognised whatever the runtime says', async (t) => {
  const name = await define('export default { fetch: () => new Response("web") };', {
    runtime: 'nodejs20',
    handler: 'index.default',
  });
  t.match(await engine.invoke(name, { url: 'http://x/' }), { statusCode: 200, body: 'web' });
});

t.test('an unknown runtime is refused with those there are', async (t) => {
  const refused = await define('', { runtime: 'python3' }).catch((error: unknown) => error);
  t.match(refused, { code: 'InvalidArgument', message: /runtime.*nodejs20\b.*nodejs22\.x/s });
});
