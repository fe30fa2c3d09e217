import t from 'tap';
import { randomFrom } from '../../crash/kinds.ts';
import { missing } from '../servers.ts';
import { crash } from './crash.ts';

const skip = missing('nats-server', 'nats-server');

t.test(
  'an engine and its servers are killed again and again, and nothing that was sent is lost',
  { skip },
  async (t) => {
    const seed = Date.now() % 1_000_000;
    t.comment(`seed ${seed}`);
    const random = randomFrom(seed);
    const tell = (line: string): void => t.comment(line);
    const result = await crash({
      folder: t.testdir(),
      sources: ['nats', 'sqlite'],
      kills: 2,
      messages: 20,
      random,
      tell,
    });
    for (const [name, { lost, inOrder }] of Object.entries(result)) {
      t.same(lost, [], name);
      t.ok(inOrder, `${name}: order`);
    }
  },
);
