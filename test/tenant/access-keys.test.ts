/** Access keys and tenants: what is stored of them, and what is not. */
import t from 'tap';
import { documents } from '../../lib/store/catalog.ts';
import { MemoryCatalog } from '../../lib/store/memory-catalog.ts';
import { AccessKeys } from '../../lib/tenant/access-keys.ts';
import { includes } from '../../lib/tenant/roles.ts';
import { SecretBox } from '../../lib/tenant/secret-box.ts';
import { nameIn, splitName, Tenants } from '../../lib/tenant/tenants.ts';

const PHRASE = 'a pass phrase of tests';

t.test(
  'a secret is stored encrypted, of a token only a hash, and both open again with the same pass phrase',
  async (t) => {
    const catalog = new MemoryCatalog();
    const keys = await AccessKeys.open(catalog, SecretBox.withPassphrase(PHRASE));
    const signing = await keys.create({ tenant: 'a', role: 'deploy', type: 'signature', description: 'ci' });
    const token = await keys.create({ tenant: 'a', role: 'invoke', type: 'token' });
    let kept = '';
    for await (const { value } of documents(catalog, 'access-key')) kept += JSON.stringify(value);
    t.notOk(kept.includes(signing.accessKeySecret as string));
    t.notOk(kept.includes((token.token as string).split('.')[1] as string));
    const again = await AccessKeys.open(catalog, SecretBox.withPassphrase(PHRASE));
    t.equal(again.signer(signing.accessKeyId).secret.export().toString(), signing.accessKeySecret);
    t.match(again.bearer(token.token as string), { tenant: 'a', role: 'invoke' });
    t.match(again.get(signing.accessKeyId), { description: 'ci', type: 'signature' });
    t.throws(() => again.get('ISO'), { code: 'AccessKeyNotFound' });
  },
);

t.test('with another pass phrase, or none, secrets stay shut', async (t) => {
  const catalog = new MemoryCatalog();
  const keys = await AccessKeys.open(catalog, SecretBox.withPassphrase(PHRASE));
  const { accessKeyId } = await keys.create({ tenant: 'a', role: 'deploy', type: 'signature' });
  await t.rejects(AccessKeys.open(catalog, SecretBox.withPassphrase('another pass phrase')), {
    code: 'AccessDenied',
    message: /ISOPOD_MASTER_KEY/,
  });
  const without = await AccessKeys.open(catalog, undefined);
  t.throws(() => without.signer(accessKeyId), { code: 'InvalidAccessKeyID', message: /ISOPOD_MASTER_KEY/ });
  await t.rejects(without.create({ tenant: 'a', role: 'deploy', type: 'signature' }), { code: 'InvalidArgument' });
  t.match(await without.create({ tenant: 'a', role: 'deploy', type: 'token' }), { token: /^ISO.+\../ });
  t.throws(() => SecretBox.withPassphrase('short'), { code: 'InvalidArgument' });
});

t.test('a sealed secret belongs to its key', (t) => {
  const box = SecretBox.withPassphrase(PHRASE);
  const sealed = box.seal('shh', 'A');
  t.equal(box.open(sealed, 'A'), 'shh');
  t.throws(() => box.open(sealed, 'B'), { code: 'AccessDenied' });
  t.throws(() => box.open('', 'A'), { code: 'AccessDenied' });
  t.not(box.seal('shh', 'A'), sealed, 'no two are alike');
  t.end();
});

t.test('roles include one another', (t) => {
  t.ok(includes('admin', 'invoke'));
  t.ok(includes('deploy', 'deploy'));
  t.notOk(includes('invoke', 'deploy'));
  t.end();
});

t.test('tenants are created, told apart, changed and removed', async (t) => {
  const catalog = new MemoryCatalog();
  const tenants = await Tenants.open(catalog);
  t.same(
    tenants.list().map(({ name }) => name),
    ['default'],
  );
  const acme = await tenants.create({ name: 'acme', quotas: { functions: 3 } });
  t.match(acme.accountId, /^\d{16}$/);
  await t.rejects(tenants.create({ name: 'acme' }), { code: 'TenantAlreadyExists' });
  await t.rejects(tenants.create({ name: 'Acme/x' }), { code: 'InvalidArgument' });
  await t.rejects(tenants.create({ name: 'b', quotas: { functions: -1 } }), {
    code: 'InvalidArgument',
    message: /quotas\.functions/,
  });
  await tenants.setQuotas('acme', { concurrency: 5 });
  const again = await Tenants.open(catalog);
  t.same(again.get('acme'), { ...acme, quotas: { concurrency: 5 } });
  await tenants.remove('acme');
  t.throws(() => tenants.get('acme'), { code: 'TenantNotFound' });
  t.equal(again.find('acme'), undefined, 'and others hear of it');
  await t.rejects(tenants.remove('default'), { code: 'InvalidArgument' });
  for (const [tenant, name, full] of [
    ['default', 'f', 'f'],
    ['acme', 's$f', 'acme/s$f'],
  ] as const) {
    t.equal(nameIn(tenant, name), full);
    t.same(splitName(full), { tenant, functionName: name });
  }
});
