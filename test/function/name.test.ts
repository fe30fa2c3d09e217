import t from 'tap';
import { fullName, shortName, tenantOf } from '../../lib/function/name.ts';
import { createEngine } from '../../lib/index.ts';

t.test('a full name has an optional tenant and one or two parts joined by $', (t) => {
  const good = ['f', '_f-1', 'x'.repeat(128), 'acme/f', '1234567890/f', 'svc$fn', 'acme/svc$fn', `${'t'.repeat(64)}/f`];
  for (const name of good) t.ok(fullName.safeParse(name).success, name);
  const wrong = ['', '1f', '-f', 'x'.repeat(129), '/f', 'a/b/f', '-t/f', `${'t'.repeat(65)}/f`, 'a/', 'a/1f'];
  const dollars = ['$f', 's$', 's$$f', 's$1f', 'a$b$c', 's f', 'ü', 'f\n', 'a.b/f'];
  for (const name of [...wrong, ...dollars]) t.notOk(fullName.safeParse(name).success, JSON.stringify(name));
  t.end();
});

t.test('the tenant stands before the slash', (t) => {
  t.same(
    [tenantOf('acme/f'), tenantOf('f'), shortName('acme/f'), shortName('svc$fn')],
    ['acme', undefined, 'f', 'svc$fn'],
  );
  t.end();
});

t.test(
  'callers and host functions use the full name, the guest sees the short one, and tenants do not mix',
  async (t) => {
    await using engine = await createEngine({ workers: 0 });
    const source = `export const handler = async (event, context) =>
    [context.function.name, process.env.FC_FUNCTION_NAME, await context.bindings.host.who()];`;
    for (const functionName of ['acme/f', 'other/f', 'f', 'acme/svc$fn']) {
      const who = { call: (context: { readonly functionName: string }) => context.functionName };
      await engine.createFunction({ functionName, runtime: 'nodejs20', code: { source }, bindings: { host: { who } } });
      const short = functionName.slice(functionName.indexOf('/') + 1);
      t.same(await engine.invoke(functionName), [short, short, functionName]);
      t.equal(engine.getFunction(functionName).functionName, functionName);
    }
    await engine.deleteFunction('acme/f');
    t.equal(((await engine.invoke('other/f')) as string[])[2], 'other/f');
    await t.rejects(engine.invoke('acme/f'), { code: 'FunctionNotFound' });
  },
);
