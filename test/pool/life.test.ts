/** What an instance's life promises its function, on every lane: the initializer, being frozen between calls, preStop. */
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { at, PLACES } from '../engine/places.ts';

for (const place of PLACES) {
  t.test(
    `${place}: an initializer that fails is tried again with the next call, and succeeds once per instance`,
    async (t) => {
      await using engine = await createEngine({ workers: 1 });
      let asked = 0;
      await engine.createFunction({
        functionName: 'f',
        ...at(place),
        bindings: { host: { next: () => ++asked } },
        instanceLifecycleConfig: { initializer: { handler: 'index.initialize', timeout: 60 } },
        code: {
          source: `let ready = 0;
          export const initialize = async ({ bindings }) => {
            const no = await bindings.host.next();
            if (no < 3) throw new Error('not yet ' + no);
            ready++;
          };
          export const handler = () => ready;`,
        },
      });
      await t.rejects(engine.invoke('f'), { code: 'InitializerFailed', message: /not yet 1/ });
      await t.rejects(engine.invoke('f'), { code: 'InitializerFailed', message: /not yet 2/ });
      t.same([await engine.invoke('f'), await engine.invoke('f')], [1, 1]);
      t.equal(asked, 3);
    },
  );

  t.test(`${place}: timers and promises stand still while there is no call`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const source = `let ticks = 0;
      export const handler = (begins) => {
        if (begins) setTimeout(async () => { await null; ticks++; }, 1);
        return ticks;
      };`;
    await engine.createFunction({ functionName: 'f', ...at(place), code: { source } });
    t.equal(await engine.invoke('f', true), 0);
    await new Promise((resolve) => setTimeout(resolve, 150));
    t.equal(await engine.invoke('f'), 0);
  });

  t.test(`${place}: a preStop that does not end is given up, and so does not hold the end up`, async (t) => {
    const engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'f',
      ...at(place),
      instanceLifecycleConfig: { preStop: { handler: 'index.stop', timeout: 1 } },
      code: { source: 'export const stop = () => { for (;;); }; export const handler = () => 1;' },
    });
    await engine.invoke('f');
    await engine.deleteFunction('f');
    await engine.close();
    t.pass('it ended');
  });
}
