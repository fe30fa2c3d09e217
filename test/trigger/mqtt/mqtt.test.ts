import { connectAsync } from 'mqtt';
import t from 'tap';
import { missing, mosquitto } from '../servers.ts';
import { nothingIsLost } from '../through-crashes.ts';

const skip = missing('mosquitto', 'mosquitto');

t.test('no message of an MQTT topic is lost when the broker is killed or the engine is away', { skip }, async (t) => {
  const service = await mosquitto();
  t.teardown(() => service.stop());
  const [event] = await nothingIsLost(t, {
    service: {
      ...service,
      // Mosquitto writes what it keeps once a second, not before it acknowledges: that much time is given before a kill.
      kill: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await service.kill();
      },
    },
    eventSourceType: 'MQTT',
    eventSourceParameters: { sourceMQTTParameters: { InstanceId: 'server', Topic: 'orders/#' } },
    ordered: true,
    publish: async (bodies) => {
      const client = await connectAsync(service.url);
      for (const body of bodies) await client.publishAsync('orders/new', body, { qos: 1 });
      await client.endAsync();
    },
  });
  t.match(event, {
    source: 'acs:mqtt',
    type: 'mqtt:Topic:SendMessage',
    subject: 'acs:mqtt:cn-local:1000000000000001:server:topic:orders/new',
    data: { topic: 'orders/new', qos: 1, retain: false, body: '0' },
  });
});
