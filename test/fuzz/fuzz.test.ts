/** A few rounds of every kind; `npm run fuzz` makes as many as one likes. */
import t from 'tap';
import { fuzz, KINDS } from './fuzz.ts';
import { Program } from './program.ts';
import { Random } from './random.ts';

t.test('a seed makes the same program each time, and another seed another', async (t) => {
  const source = (seed: number): string => new Program(new Random(seed)).source();
  t.equal(source(7), source(7));
  t.not(source(7), source(8));
});

t.test('nothing breaks over hostile programs, frames and images', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.comment(`seed ${seed}`);
  const { rounds, findings } = await fuzz({ seed, seconds: 4, kinds: KINDS, dataDir: t.testdir() });
  t.same(findings, []);
  for (const kind of KINDS) t.ok((rounds[kind] ?? 0) > 0, kind);
});
