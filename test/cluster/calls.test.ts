import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';
import { missing, nats } from '../trigger/servers.ts';
import { Member, until } from './member.ts';

const skip = missing('nats-server', 'nats-server');
const SOURCE = `
  let count = 0;
  export const handler = async (event, context) => {
    if (event.error) throw new TypeError(event.error);
    if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
    if (event.long) return 'x'.repeat(event.long);
    if (event.log) console.log(event.log);
    return { count: ++count, requestId: context.requestId };
  };
`;

t.test('calls in a cluster', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const options = (node: string) => ({ workers: 0, cluster: { nats: server.url, node } });
  const a = await createEngine(options('a'));
  const b = await createEngine(options('b'));
  t.teardown(() => Promise.all([a.close(), b.close()]));
  const idOf = (engine: Engine): string => engine.cluster?.id ?? '';
  const seen = (by: Engine, id: string) => by.cluster?.nodes().find((node) => node.id === id);
  const known = (engine: Engine, name: string): boolean =>
    engine.listFunctions().some(({ functionName }) => functionName === name);
  /** What the others have told so far is known to `b`: it hears of all engines, itself too, in one order. */
  const caughtUp = async (): Promise<void> => {
    await b.cluster?.drain();
    await until(() => seen(b, idOf(b))?.state === 'draining');
    await b.cluster?.join();
    await until(() => seen(b, idOf(b))?.state === 'serving');
  };
  /** A function with an instance that waits for a call on `a`, and `b` knows. */
  const warmOnA = async (functionName: string): Promise<void> => {
    await a.createFunction({ functionName, code: { source: SOURCE }, timeout: 60, lane: 'direct', idleTimeout: 600 });
    a.invokeSync(functionName, {});
    await until(() => known(b, functionName));
    await a.cluster?.join();
    await caughtUp();
  };

  await t.test('go where an instance waits for them, as if it were here', async (t) => {
    await warmOnA('f');
    const status: InvokeStatus = {};
    const result = await b.invoke('f', { log: 'hello' }, { status });
    t.match(result, { count: 2 }, 'it is the instance that was called before');
    t.equal(status.node, idOf(a));
    t.equal(status.instanceId, a.listInstances('f')[0]?.instanceId);
    t.equal(status.requestId, (result as { requestId: string }).requestId, 'with one request id');
    t.match(status, { functionName: 'f', versionId: 'LATEST', coldStart: false, lane: 'direct' });
    t.match(status.logs?.join(), /hello/);
    await t.rejects(b.invoke('f', { error: 'broken' }), { code: 'UnhandledInvocationError', errorType: 'TypeError' });
    const long = (await b.invoke('f', { long: 2_500_000 })) as string;
    t.equal(long.length, 2_500_000, 'results larger than a message come in pieces');
    t.same(b.listInstances('f'), []);
    const large: InvokeStatus = {};
    await b.invoke('f', { pad: 'x'.repeat(2_500_000) }, { status: large });
    t.equal(large.node, undefined, 'an event larger than a message stays');
    t.equal(b.listInstances('f').length, 1);
  });

  await t.test('end with their time and when their caller gives them up', async (t) => {
    await warmOnA('slow');
    await t.rejects(b.invoke('slow', { sleep: 50_000 }, { timeout: 0.05 }), { code: 'FunctionTimeout' });
    await until(() => a.stats('slow').functions[0]?.open === 0);
    await warmOnA('given-up');
    const signal = AbortSignal.timeout(50);
    await t.rejects(b.invoke('given-up', { sleep: 50_000 }, { signal }), { code: 'InvocationAborted' });
    await until(() => a.stats('given-up').functions[0]?.open === 0);
    t.same(b.listInstances('slow'), [], 'neither ran here');
    t.same(b.listInstances('given-up'), []);
  });

  await t.test('go to no engine that is drained, until it joins again', async (t) => {
    await warmOnA('drained');
    await a.cluster?.drain();
    await until(() => seen(b, idOf(a))?.state === 'draining');
    const status: InvokeStatus = {};
    await b.invoke('drained', {}, { status });
    t.equal(status.node, undefined);
    await a.cluster?.join();
    await warmOnA('joined');
    await b.invoke('joined', {}, { status });
    t.equal(status.node, idOf(a));
  });

  await t.test('are never made twice: who is lost with its engine is told, the next goes elsewhere', async (t) => {
    const c = await Member.start(options('c'));
    t.teardown(() => c.kill());
    await c.ask('createFunction', { functionName: 'lost', code: { source: SOURCE }, timeout: 60, lane: 'direct' });
    const idOfC = (): string => b.cluster?.nodes().find(({ node }) => node === 'c')?.id ?? '';
    await c.ask('invokeSync', 'lost', {});
    await until(() => known(b, 'lost') && (seen(b, idOfC())?.warm ?? 0) > 0);
    await caughtUp();
    const call = b.invoke('lost', { sleep: 50_000 }).catch((error) => error);
    await until(() => (seen(b, idOfC())?.open ?? 0) > 0);
    await c.kill();
    t.match(await call, { code: 'NodeLost', retryable: true, message: /may have been done/ });
    t.match(await b.invoke('lost', {}), { count: 1 });
  });
});
