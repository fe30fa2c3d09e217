import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { SqliteCatalog } from '../../lib/store/sqlite-catalog.ts';

t.test('what was put is there when the file is opened again, and revisions go on', async (t) => {
  const path = join(t.testdir(), 'catalog');
  const first = new SqliteCatalog(path);
  await first.put('k', 'a', { n: 1 });
  const { revision } = await first.put('k', 'b', 2);
  await first.delete('k', 'b');
  const unanswered = first.put('k', 'c', 3);
  await first.close();
  await unanswered;
  const second = new SqliteCatalog(path);
  t.same((await second.get('k', 'a'))?.value, { n: 1 });
  t.equal((await second.get('k', 'c'))?.value, 3, 'what was not answered at the close is kept too');
  t.ok((await second.put('k', 'b', 2, 0)).revision > revision + 1);
  await second.close();
});

t.test('a file that is no catalog, or a newer one, is refused and left alone', async (t) => {
  const folder = t.testdir();
  const damaged = join(folder, 'damaged');
  writeFileSync(damaged, 'x'.repeat(10_000));
  t.throws(() => new SqliteCatalog(damaged), { code: 'DataDirDamaged', message: /damaged cannot be read/ });
  const newer = join(folder, 'newer');
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  t.throws(() => new SqliteCatalog(newer), { code: 'DataDirUnusable', message: /newer version/ });
  t.end();
});

t.test('one refused change leaves the others of its turn alone; after a full disk the catalog goes on', async (t) => {
  const path = join(t.testdir(), 'catalog');
  const catalog = new SqliteCatalog(path);
  t.teardown(() => catalog.close());
  const results = await Promise.allSettled([
    catalog.put('k', 'a', 1),
    catalog.put('k', 'a', 2, 99),
    catalog.put('k', 'b', 3),
  ]);
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.equal((await catalog.get('k', 'a'))?.value, 1);
  // Larger than a value may be: SQLite refuses it as it would a disk without room.
  const huge = 'x'.repeat(300_000_000);
  const failed = await Promise.allSettled([catalog.put('k', 'c', 1), catalog.put('k', 'd', [huge, huge, huge, huge])]);
  for (const result of failed) t.match(result, { status: 'rejected', reason: { code: 'StoreFailed' } });
  t.equal(await catalog.get('k', 'c'), undefined);
  t.equal((await catalog.put('k', 'c', 1)).value, 1);
});
