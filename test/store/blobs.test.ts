import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Blobs } from '../../lib/store/blobs.ts';

const bytes = Buffer.from('some code');
const hash = createHash('sha256').update(bytes).digest('hex');

t.test('a blob is found by its hash, kept once, and gone when it is deleted', async (t) => {
  const folder = join(t.testdir(), 'blobs');
  const blobs = new Blobs(folder);
  t.equal(await blobs.get(hash), undefined);
  t.same(await Promise.all([blobs.put(bytes), blobs.put(bytes)]), [hash, hash]);
  t.same(await blobs.get(hash), bytes);
  t.same(readdirSync(join(folder, hash.slice(0, 2))), [hash.slice(2)], 'nothing unfinished is left');
  await blobs.delete(hash);
  t.equal(await blobs.get(hash), undefined);
  await t.rejects(async () => blobs.get('../../etc/passwd'), { code: 'InvalidArgument' });
});

t.test('bytes that are not what was put are not handed out', async (t) => {
  const folder = join(t.testdir(), 'blobs');
  const blobs = new Blobs(folder);
  await blobs.put(bytes);
  writeFileSync(join(folder, hash.slice(0, 2), hash.slice(2)), 'other code');
  await t.rejects(blobs.get(hash), { code: 'DataDirDamaged' });
  await blobs.put(Buffer.from('some code'));
});

t.test('a sweep removes what nobody uses, and spares what is young', async (t) => {
  const blobs = new Blobs(join(t.testdir(), 'blobs'));
  t.equal(await blobs.sweep(() => false, 0), 0);
  const other = await blobs.put(Buffer.from('other'));
  await blobs.put(bytes);
  t.equal(await blobs.sweep(() => false, 3_600_000), 0);
  t.equal(await blobs.sweep((used) => used === hash, -1), 1);
  t.same([await blobs.get(hash), await blobs.get(other)], [bytes, undefined]);
});
