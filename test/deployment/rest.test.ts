/** Functions nobody calls are given up but for what is needed to serve them again. */
import t from 'tap';
import { Deployer } from '../../lib/deployment/deployer.ts';
import { createEngine, type InvokeStatus } from '../../lib/index.ts';

t.test('a function that rested serves again, synchronously too, and remembers its lane', async (t) => {
  const swept: { deployer?: Deployer } = {};
  const { sweep } = Deployer.prototype;
  t.teardown(() => {
    Deployer.prototype.sweep = sweep;
  });
  Deployer.prototype.sweep = function (now) {
    swept.deployer = this;
    // As if an hour had passed since the last look.
    sweep.call(this, now + 3_600_000);
  };
  await using engine = await createEngine({ workers: 1 });
  const source = 'let n = 0; export const handler = (e) => (e === "fail" ? missing() : ++n);';
  await engine.createFunction({ functionName: 'f', idleTimeout: 1, code: { source } });
  // It shows that it is quick, and has an instance on the calling thread, which is a start away.
  while (engine.stats().functions[0]?.lane !== 'direct') await engine.invoke('f');
  const before = engine.stats().functions[0];
  const resting = async (): Promise<void> => {
    while (swept.deployer === undefined || [...swept.deployer.pools()].length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await resting();
  t.match(engine.stats().functions, [
    { functionName: 'f', instances: 0, lane: 'direct', coldStarts: before?.coldStarts },
  ]);
  const status: InvokeStatus = {};
  t.equal(await engine.invoke('f', null, { status }), 1);
  t.match(status, { coldStart: true, lane: 'direct', stages: { bundleMs: 0, imageBuildMs: 0 } });
  await resting();
  t.equal(engine.invokeSync('f'), 1);
  await resting();
  const error = await engine.invoke('f', 'fail').catch((thrown: unknown) => thrown);
  t.match(error, { code: 'UnhandledInvocationError', stackTrace: [/missing is not defined/, /index\.ts:1/] });
  await resting();
  await engine.invokeAsync('f');
  await engine.whenIdle();
  await engine.deleteFunction('f');
});
