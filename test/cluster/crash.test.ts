import t from 'tap';
import { missing } from '../trigger/servers.ts';
import { crashCluster } from './crash.ts';

const SEED = 20_261_126;

t.test(
  'no event that was acknowledged is lost when engines of a cluster and its server are killed again and again',
  { skip: missing('nats-server', 'nats-server') },
  async (t) => {
    const { lost, problems, ...counts } = await crashCluster({
      folder: t.testdir(),
      seed: SEED,
      kills: 3,
      forMs: 60_000,
      tell: (line) => t.comment(line),
    });
    t.comment(`seed ${SEED}: ${JSON.stringify(counts)}`);
    t.same(lost, []);
    t.ok(counts.acknowledged > 0);
    t.same(
      problems.filter((line) => !line.includes('NATS at')),
      [],
    );
  },
);
