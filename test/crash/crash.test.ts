import t from 'tap';
import { crash } from './crash.ts';

const SEED = 20_261_125;

t.test('nothing that was acknowledged is lost when the process is killed again and again', async (t) => {
  const { lost, problems, ...counts } = await crash({
    folder: t.testdir(),
    seed: SEED,
    kills: 5,
    forMs: 60_000,
    tell: (line) => t.comment(line),
  });
  t.comment(`seed ${SEED}: ${JSON.stringify(counts)}`);
  t.same(lost, []);
  t.same(problems, []);
  t.ok(counts.acknowledged > 0);
});
