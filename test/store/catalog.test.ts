/** What every catalog promises, whatever it keeps its documents in. */
import { join } from 'node:path';
import t from 'tap';
import { type Catalog, type Change, documents } from '../../lib/store/catalog.ts';
import { MemoryCatalog } from '../../lib/store/memory-catalog.ts';
import { SqliteCatalog } from '../../lib/store/sqlite-catalog.ts';

const makers: Readonly<Record<string, (folder: string) => Catalog>> = {
  memory: () => new MemoryCatalog(),
  sqlite: (folder) => new SqliteCatalog(join(folder, 'catalog.sqlite')),
};

for (const [name, make] of Object.entries(makers)) {
  const open = (t: { testdir(): string; teardown(run: () => Promise<void>): void }): Catalog => {
    const catalog = make(t.testdir());
    t.teardown(() => catalog.close());
    return catalog;
  };

  t.test(`${name}: a document is read as it was put, and nobody can change another's copy`, async (t) => {
    const catalog = open(t);
    const value = { a: [1, { b: 'ü' }], c: null };
    const put = await catalog.put('function', 'acme/f', value);
    value.a.push(2);
    (put.value as { c: unknown }).c = 1;
    const got = await catalog.get('function', 'acme/f');
    t.same(got, { kind: 'function', key: 'acme/f', value: { a: [1, { b: 'ü' }], c: null }, revision: put.revision });
    t.equal(await catalog.get('function', 'acme/g'), undefined);
    t.equal(await catalog.get('alias', 'acme/f'), undefined, 'kinds are apart');
  });

  t.test(`${name}: revisions grow, and a change that expects another one is refused`, async (t) => {
    const catalog = open(t);
    const one = await catalog.put('k', 'a', 1, 0);
    await t.rejects(catalog.put('k', 'a', 2, 0), { code: 'ConcurrentUpdateError' });
    const two = await catalog.put('k', 'a', 2, one.revision);
    t.ok(two.revision > one.revision);
    await t.rejects(catalog.put('k', 'a', 3, one.revision), { code: 'ConcurrentUpdateError' });
    await t.rejects(catalog.delete('k', 'a', one.revision), { code: 'ConcurrentUpdateError' });
    t.equal((await catalog.get('k', 'a'))?.value, 2);
    t.equal(await catalog.delete('k', 'a', two.revision), true);
    t.equal(await catalog.delete('k', 'a'), false);
    t.ok(
      (await catalog.put('k', 'a', 4, 0)).revision > two.revision + 1,
      'the revision of a deleted one is not used again',
    );
  });

  t.test(`${name}: of writers that have read the same, one wins`, async (t) => {
    const catalog = open(t);
    const { revision } = await catalog.put('k', 'a', 0);
    const results = await Promise.allSettled([1, 2, 3].map((value) => catalog.put('k', 'a', value, revision)));
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  t.test(`${name}: lists go by prefix and page by page, in order`, async (t) => {
    const catalog = open(t);
    const keys = ['a/1', 'a/10', 'a/2', 'a0', 'b/1', 'a/~', 'a'];
    for (const key of keys) await catalog.put('k', key, key);
    await catalog.put('other', 'a/3', 0);
    const first = await catalog.list('k', { prefix: 'a/', limit: 3 });
    t.same(
      first.documents.map(({ key }) => key),
      ['a/1', 'a/10', 'a/2'],
    );
    const second = await catalog.list('k', { prefix: 'a/', limit: 3, after: first.next });
    t.same(
      second.documents.map(({ key }) => key),
      ['a/~'],
    );
    t.equal(second.next, undefined);
    t.equal(
      (await catalog.list('k', { prefix: 'a/', limit: 4 })).next,
      undefined,
      'a page that is just full is the last',
    );
    const all: string[] = [];
    for await (const { key } of documents(catalog, 'k')) all.push(key);
    t.same(all, [...keys].sort());
    t.same((await catalog.list('none')).documents, []);
  });

  t.test(`${name}: more documents than a page holds are all walked over`, async (t) => {
    const catalog = open(t);
    await Promise.all(Array.from({ length: 2_500 }, (_, at) => catalog.put('k', `f${at}`, at)));
    let sum = 0;
    for await (const { value } of documents<number>(catalog, 'k')) sum += value;
    t.equal(sum, (2_499 * 2_500) / 2);
  });

  t.test(`${name}: who watches hears of changes with their prefix, in order, until it stops`, async (t) => {
    const catalog = open(t);
    const heard: Change[] = [];
    const stop = catalog.watch('k', 'a/', (change) => heard.push(change));
    await Promise.all([catalog.put('k', 'a/1', 1), catalog.put('k', 'b', 1), catalog.put('other', 'a/1', 1)]);
    await catalog.put('k', 'a/1', 2);
    await catalog.delete('k', 'a/1');
    await catalog.delete('k', 'a/1');
    stop();
    await catalog.put('k', 'a/1', 3);
    t.same(
      heard.map(({ value }) => value),
      [1, 2, undefined],
    );
    t.ok(heard.every(({ revision }, at) => at === 0 || revision > (heard[at - 1]?.revision ?? 0)));
  });

  t.test(`${name}: a key that other stores could not hold is refused`, async (t) => {
    const catalog = open(t);
    for (const key of ['', 'a b', 'ü', 'x'.repeat(513), 'a\n']) {
      await t.rejects(catalog.put('k', key, 1), { code: 'InvalidArgument' }, JSON.stringify(key));
    }
  });
}
