/** An update rolls over: nobody's call fails. */
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { at, PLACES } from '../engine/places.ts';

const source = (text: string): string =>
  `export const handler = (ms) => (ms ? new Promise((resolve) => setTimeout(resolve, ms, '${text}')) : '${text}');`;

for (const place of PLACES) {
  t.test(`${place}: calls under way while a function is updated again and again all succeed`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'f',
      code: { source: source('v0') },
      timeout: 60,
      maxInstances: 4,
      ...at(place),
    });
    let updating = true;
    const answers = new Set<unknown>();
    const callers = Array.from({ length: 8 }, async (_, index) => {
      while (updating) {
        answers.add(await engine.invoke('f', index % 2 === 0 ? 0 : 5));
        // Calls on this thread settle without a turn of the event loop, which the update needs.
        await new Promise(setImmediate);
      }
    });
    for (let version = 1; version <= 3; version++) {
      await engine.updateFunction('f', { code: { source: source(`v${version}`) } });
      t.equal(await engine.invoke('f'), `v${version}`, 'the next call gets the new code');
    }
    updating = false;
    await Promise.all(callers);
    t.ok(answers.has('v0') || answers.has('v1'));
    t.equal(engine.stats().functions[0]?.waiting, 0);
  });
}

t.test(
  'the new code has instances before the first call comes to it, and waiting calls finish with the old',
  async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const bindings = { gate: { wait: () => gate } };
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const waits = 'export const handler = async (event, { bindings }) => (await bindings.gate.wait(), "old");';
    await engine.createFunction({ functionName: 'f', code: { source: waits }, timeout: 60, maxInstances: 1, bindings });
    const running = [engine.invoke('f'), engine.invoke('f')];
    while (engine.stats().functions[0]?.open !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await engine.updateFunction('f', { code: { source: source('new') } });
    const status = {};
    t.equal(await engine.invoke('f', 0, { status }), 'new');
    t.match(status, { coldStart: false });
    open();
    t.same(await Promise.all(running), ['old', 'old']);
  },
);

t.test('changes of one function follow one another, and a failed one changes nothing', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source: source('v0') } });
  const changes = await Promise.allSettled([
    engine.updateFunction('f', { code: { source: source('v1') } }),
    engine.updateFunction('f', { code: { source: 'throw new Error("no")' } }),
    engine.updateFunction('f', { description: 'second' }),
    engine.createFunction({ functionName: 'f', code: { source: source('v2') } }),
  ]);
  t.match(changes, [
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'TopLevelFailed' } },
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'FunctionAlreadyExists' } },
  ]);
  t.equal(await engine.invoke('f'), 'v1');
  t.equal(engine.getFunction('f').description, 'second');
  const [deleted, late] = await Promise.allSettled([engine.deleteFunction('f'), engine.updateFunction('f', {})]);
  t.match([deleted, late], [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'FunctionNotFound' } }]);
});
