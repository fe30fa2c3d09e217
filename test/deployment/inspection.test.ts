/** What is told of a function's cold starts, and the advice that follows from them. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { inspectionLines } from '../../lib/cli/inspect.ts';
import { moduleSizes } from '../../lib/code/module-sizes.ts';
import { createEngine } from '../../lib/index.ts';

const source = `export const initializer = (context) => { for (const end = Date.now() + 300; Date.now() < end; ); };
export const handler = (ms) => (ms ? new Promise((resolve) => setTimeout(resolve, ms)) : 1);`;

t.test('the reasons of the last cold starts, their stages, and what would have avoided them', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  const instanceLifecycleConfig = { initializer: { handler: 'index.initializer' } };
  await engine.createFunction({
    functionName: 'f',
    code: { source },
    timeout: 60,
    idleTimeout: 0.3,
    instanceLifecycleConfig,
  });
  t.match(await engine.inspectFunction('f'), { coldStarts: { count: 0, last: [] }, advice: [] });
  await engine.invoke('f');
  await Promise.all([engine.invoke('f', 50), engine.invoke('f', 50)]);
  while (engine.listInstances('f').length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await engine.invoke('f');
  const told = await engine.inspectFunction('f');
  t.match(told, {
    versionId: 'LATEST',
    lane: 'direct',
    instances: { provisioned: 0, onDemand: 1, spares: 0 },
    coldStarts: {
      count: 3,
      byReason: { first: 1, busy: 1, idle: 1 },
      last: [{ reason: 'idle' }, { reason: 'busy' }, {}],
    },
    bundle: { modules: [{ bytes: Number, share: Number }] },
  });
  const advice = new Map(told.advice.map((one) => [one.reason ?? 'parts', one]));
  t.match(advice.get('idle'), { avoids: 1, says: /idle for 0\.3 s.*minInstances: 1/ });
  t.match(advice.get('busy'), { avoids: 1, says: /Provision 2 instances.*instanceConcurrency/ });
  t.match(advice.get('first'), { avoids: 1 });
  t.match(advice.get('parts'), { avoids: 0, says: /initializer takes/ });
  t.match((await engine.inspectFunction('f', { last: 1 })).coldStarts.last.length, 1);
  await t.rejects(engine.inspectFunction('f', { last: 0 }), { code: 'InvalidArgument' });
  await t.rejects(engine.inspectFunction('g'), { code: 'FunctionNotFound' });
  const text = inspectionLines(told).join('\n');
  t.match(text, /^Cold starts: 3 \(1 first, 1 busy, 1 idle\); the last 3, in ms:$/m);
  t.match(text, /^\S+ +busy: 1 instances +[\d.]/m);
  await engine.publishVersion('f');
  await engine.createAlias('f', { aliasName: 'live', versionId: '1' });
  t.match(await engine.inspectFunction('f', { qualifier: 'live' }), { versionId: '1', coldStarts: { count: 0 } });
});

t.test('the largest modules are packages as a whole and own files one by one', async (t) => {
  const dir = fileURLToPath(new URL('../../benchmarks/bundles/', import.meta.url));
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { dir }, handler: 'ajv.handler' });
  const { bundle } = await engine.inspectFunction('f');
  t.match(bundle.modules[0], { name: 'package ajv' });
  t.ok(bundle.modules.some(({ name }) => name === "Isopod's web globals"));
  const shares = bundle.modules.reduce((sum, { share }) => sum + share, 0);
  t.ok(shares > 0.8 && shares <= 1, String(shares));
  t.same(moduleSizes('1', 'no map'), []);
});
