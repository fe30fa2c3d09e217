import { createClient } from 'redis';
import t from 'tap';
import { missing, redis } from '../servers.ts';
import { nothingIsLost } from '../through-crashes.ts';

const skip = missing('redis-server', 'redis-server');

t.test('no entry of a Redis stream is lost when the server is killed or the engine is away', { skip }, async (t) => {
  const service = await redis();
  t.teardown(() => service.stop());
  const [event] = await nothingIsLost(t, {
    service,
    eventSourceType: 'Redis',
    eventSourceParameters: { sourceRedisParameters: { InstanceId: 'server', Stream: 'orders' } },
    ordered: true,
    publish: async (bodies) => {
      const client = createClient({ url: service.url });
      await client.connect();
      for (const body of bodies) await client.xAdd('orders', '*', { body });
      await client.close();
    },
  });
  t.match(event, {
    source: 'isopod.redis',
    type: 'redis:Stream:Message',
    subject: 'redis:orders',
    data: { stream: 'orders', id: /^\d+-\d+$/, fields: { body: '0' } },
  });
});
