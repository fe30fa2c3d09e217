import t from 'tap';
import { Changes } from '../../lib/store/changes.ts';
import { MemoryCatalog } from '../../lib/store/memory-catalog.ts';

t.test('changes of a document follow one another, each made from what the one before left', async (t) => {
  const catalog = new MemoryCatalog();
  const changes = new Changes<readonly number[]>(catalog, 'list');
  const added = [1, 2, 3].map((one) => changes.make('a', async (before = []) => [...before, one]));
  t.same(await Promise.all(added), [[1], [1, 2], [1, 2, 3]]);
  const failed = changes.make('a', () => {
    throw new Error('no');
  });
  await t.rejects(failed, { message: 'no' });
  t.same((await catalog.get('list', 'a'))?.value, [1, 2, 3]);
});

t.test('a change of a document that somebody else changed meanwhile is refused', async (t) => {
  const catalog = new MemoryCatalog();
  const [one, other] = [new Changes<string>(catalog, 'text'), new Changes<string>(catalog, 'text')];
  const meanwhile = (text: string) => async (): Promise<string> => {
    await other.make('a', () => text);
    return 'late';
  };
  await t.rejects(one.make('a', meanwhile('made')), { code: 'ConcurrentUpdateError' });
  await t.rejects(one.make('a', meanwhile('changed')), { code: 'ConcurrentUpdateError' });
  t.equal((await catalog.get('text', 'a'))?.value, 'changed');
  t.equal(await one.make('a', (before) => `${before} again`), 'changed again');
});

t.test('removing takes what is there, after what is to be done first', async (t) => {
  const catalog = new MemoryCatalog();
  const changes = new Changes<string>(catalog, 'text');
  await changes.make('a', () => 'there');
  const blocked = changes.remove('a', async () => {
    throw new Error('in use');
  });
  await t.rejects(blocked, { message: 'in use' });
  t.equal(await changes.remove('a'), true);
  t.equal(await changes.remove('a'), false);
});
