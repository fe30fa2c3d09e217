/** Host calls whose instance is gone: the host function is told, what it gives later does nothing, nothing stays. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { type Bindings, binding, createEngine, type Engine, type HostCallContext } from '../../lib/index.ts';
import { at, inTime, PLACES, type Place } from './places.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};
const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: { code: unknown }) => error.code,
  );

/** A binding `h.wait` that is answered when the test says so. */
class Waiters {
  readonly finish: (() => void)[] = [];
  begun = 0;
  aborted = 0;
  readonly reasons = new Set<unknown>();
  readonly contexts: WeakRef<HostCallContext>[] = [];

  readonly bindings: Bindings = {
    h: {
      wait: binding({
        call: (context) => {
          this.begun++;
          this.contexts.push(new WeakRef(context));
          const { signal } = context;
          signal.addEventListener('abort', () => {
            this.aborted++;
            this.reasons.add((signal.reason as { code: unknown }).code);
          });
          return new Promise((resolve, reject) => {
            this.finish.push(this.begun % 2 === 0 ? () => resolve('late') : () => reject(new Error('late')));
          });
        },
      }),
      now: () => 1,
      plain: () => new Promise((resolve) => this.finish.push(() => resolve('late'))),
    },
  };

  finishAll(): void {
    for (const finish of this.finish.splice(0)) finish();
  }
}

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
const listeners = process.listeners('unhandledRejection');

t.before(() => {
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', onRejection);
});
t.teardown(() => {
  process.off('unhandledRejection', onRejection);
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

const WAIT =
  'export const handler = async (n, c) => { if (n === 0) return; for (let at = 1; at < n; at++) { c.bindings.h.wait(at).catch(() => undefined); c.bindings.h.plain(at); } await c.bindings.h.wait(0); };';

async function withFunction(
  place: Place,
  waiters: Waiters,
  source: string,
  more: object,
  use: (engine: Engine) => Promise<void>,
): Promise<void> {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({
    functionName: 'f',
    ...at(place),
    code: { source },
    bindings: waiters.bindings,
    ...more,
  });
  await use(engine);
}

for (const place of PLACES) {
  t.test(`${place}: a timeout, an aborted call and a lost instance abort the signal`, async (t) => {
    const waiters = new Waiters();
    await withFunction(place, waiters, WAIT, { timeout: 1 }, async (engine) => {
      await inTime(() => engine.invoke('f', 0));
      // On a busy machine the time may be over before the host functions are called.
      while (waiters.begun < 3) t.equal(await codeOf(engine.invoke('f', 3)), 'FunctionTimeout');
      await until(() => waiters.aborted === waiters.begun);
      waiters.finishAll();
    });
    await withFunction(place, waiters, WAIT, {}, async (engine) => {
      const abort = new AbortController();
      const before = waiters.begun;
      const call = codeOf(engine.invoke('f', 1, { signal: abort.signal }));
      await until(() => waiters.begun > before);
      abort.abort();
      t.equal(await call, 'InvocationAborted');
      await until(() => waiters.aborted === waiters.begun);
    });
    const memory =
      'export const handler = async (n, c) => { c.bindings.h.wait(1); await c.bindings.h.now(); const all = []; for (;;) all.push(new Array(1000).fill(n)); };';
    await withFunction(place, waiters, memory, { memorySize: 16 }, async (engine) => {
      t.equal(await codeOf(engine.invoke('f', 1)), 'FunctionOutOfMemory');
      await until(() => waiters.aborted === waiters.begun);
    });
    t.same(waiters.reasons, new Set(['InstanceLost']));
    waiters.finishAll();
    await soon();
    t.same(rejections, []);
  });

  t.test(`${place}: deleting the function and closing the engine abort the signal`, async (t) => {
    const waiters = new Waiters();
    // The handler returns at once and leaves its call behind.
    const leave = 'export const handler = (n, c) => { c.bindings.h.wait(1).catch(() => undefined); return n; };';
    await withFunction(place, waiters, leave, {}, async (engine) => {
      t.equal(await engine.invoke('f', 1), 1);
      await until(() => waiters.begun === 1);
      t.equal(waiters.aborted, 0, 'a response does not end the calls it left behind');
      await engine.deleteFunction('f');
      await until(() => waiters.aborted === 1);
    });
    await withFunction(place, waiters, WAIT, {}, async (engine) => {
      const call = codeOf(engine.invoke('f', 1));
      await until(() => waiters.begun === 2);
      await engine.close({ timeoutMs: 1 });
      t.equal(await call, 'EngineClosed');
      await until(() => waiters.aborted === 2);
    });
    waiters.finishAll();
    await soon();
    t.same(rejections, []);
  });

  t.test(`${place}: 10,000 calls nobody waits for leave nothing behind`, async (t) => {
    const waiters = new Waiters();
    await withFunction(place, waiters, WAIT, {}, async (engine) => {
      for (let round = 1; round <= 25; round++) {
        const abort = new AbortController();
        const call = codeOf(engine.invoke('f', 400, { signal: abort.signal }));
        await until(() => waiters.begun === round * 400);
        abort.abort();
        t.equal(await call, 'InvocationAborted');
      }
      await until(() => waiters.aborted === 10_000);
      t.equal(waiters.begun, 10_000);
      // Half of the late results come now, with the function still there, the rest never.
      for (const finish of waiters.finish.splice(0, waiters.finish.length / 2)) finish();
      await soon();
      waiters.finish.length = 0;
      await soon();
      collect();
      await soon();
      collect();
      const alive = waiters.contexts.filter((one) => one.deref() !== undefined).length;
      t.ok(alive < 10, `${alive} contexts of 10,000 are alive`);
      t.same(engine.stats().open, 0);
    });
    t.same(rejections, []);
  });
}
