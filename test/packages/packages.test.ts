/**
 * Popular packages give in an isolate what they give in Node.js. Every case is bundled and run once, in one engine and
 * without a snapshot: how a bundle starts is the table's matter, and building both kinds would take most of the time.
 */
import t from 'tap';
import { createEngine, type Engine } from '../../lib/index.ts';
import { installed, listCases } from './cases.ts';
import { isReported, reported } from './report.ts';
import { runCase } from './run.ts';

const cases = listCases();
let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

t.test('every package that is installed for the cases has one, and a row in docs/packages.md', async (t) => {
  const covered = new Set(cases.flatMap(({ packages }) => packages.map(({ name }) => name)));
  t.same([...covered].sort(), [...installed].sort());
  t.equal(reported().length, cases.length, 'run `npm run packages`');
});

for (const packageCase of cases) {
  t.test(`${packageCase.name} gives in an isolate what it gives in Node.js`, async (t) => {
    const outcome = await runCase(engine, packageCase, 'never');
    t.equal(outcome.problem, undefined);
    if (outcome.problem !== undefined) t.same(outcome.inGuest, outcome.inNode);
    t.ok(isReported(outcome), 'docs/packages.md is up to date (`npm run packages`)');
  });
}
