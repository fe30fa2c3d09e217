/** The table of globals says what an isolate really has. */
import t from 'tap';
import { globalTiers } from '../../lib/check/global-tiers.ts';
import { createEngine } from '../../lib/index.ts';

t.test('a global exists in an isolate exactly when its tier says so', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  for (const webAssembly of [false, true]) {
    const tiers = globalTiers(webAssembly);
    const tests = [...tiers.keys()].map((name) => `[${JSON.stringify(name)}, typeof ${name}]`);
    const functionName = `f_${webAssembly}`;
    const source = `export const handler = () => [${tests.join(', ')}];`;
    await engine.createFunction({ functionName, code: { source }, lane: 'direct', timeout: 60, webAssembly });
    const found = (await engine.invoke(functionName)) as [string, string][];
    const wrong = found.filter(([name, type]) => (type === 'undefined') !== (tiers.get(name)?.tier === 'missing'));
    t.same(wrong, []);
    t.ok(found.length > 150);
  }
});

t.test('every missing global has an alternative', (t) => {
  for (const [name, { tier, note }] of globalTiers(false)) if (tier === 'missing') t.ok(note, name);
  t.end();
});
