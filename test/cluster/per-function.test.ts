/** Documents of functions, on a server whose answers may be lost. */
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import t from 'tap';
import type { Link } from '../../lib/cluster/link.ts';
import { PerFunction } from '../../lib/cluster/per-function.ts';
import { missing, nats } from '../trigger/servers.ts';

t.test('documents of a function', { skip: missing('nats-server', 'nats-server') }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const connection = await connect({ servers: server.url });
  t.teardown(() => connection.close());
  const client = jetstream(connection);
  const link = { jetstream: client, ask: (what: () => Promise<unknown>) => what() } as unknown as Link;
  const documents = await PerFunction.open<{ readonly by: string }>(link, 'x_tasks', 1, 60_000);

  await t.test('are created once', async (t) => {
    t.equal(await documents.create('f', 'one', { by: 'a' }), true);
    t.equal(await documents.create('f', 'one', { by: 'b' }), false);
    t.same(await documents.get('f', 'one'), { by: 'a' });
    await documents.delete('f', 'one');
    t.equal(await documents.create('f', 'one', { by: 'b' }), true, 'and again when they were deleted');
  });

  await t.test('are whose the server says they are when its answer was lost', async (t) => {
    const bucket = await new Kvm(client).open('x_tasks');
    const prototype = Object.getPrototypeOf(bucket) as typeof bucket;
    const { create } = prototype;
    t.teardown(() => {
      prototype.create = create;
    });
    for (const [id, writer, isOurs] of [
      ['ours', 'a', true],
      ['theirs', 'b', false],
    ] as const) {
      prototype.create = async function (this: typeof bucket, name: string) {
        await create.call(this, name, JSON.stringify({ by: writer }));
        throw new Error('the connection was lost');
      };
      t.equal(await documents.create('f', id, { by: 'a' }), isOurs, id);
    }
  });

  await t.test('are listed by their ids, and read by them', async (t) => {
    for (const id of ['a.b', 'c d', '3']) await documents.put('g', id, { by: id });
    t.same((await documents.ids('g')).sort(), ['3', 'a.b', 'c d']);
    t.same(await documents.read('g', ['c d', 'none', 'a.b']), [{ by: 'c d' }, { by: 'a.b' }]);
    t.same(await documents.ids('none'), []);
  });
});
