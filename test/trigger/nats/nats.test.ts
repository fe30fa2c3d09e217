import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import t from 'tap';
import { collectingEngine } from '../collector.ts';
import { missing, nats } from '../servers.ts';
import { eventBridgeTrigger, nothingIsLost } from '../through-crashes.ts';

const skip = missing('nats-server', 'nats-server');
const PARAMETERS = { sourceNATSParameters: { InstanceId: 'server', Stream: 'orders' } };

t.test(
  'no message of a JetStream stream is lost when the server is killed or the engine is away',
  { skip },
  async (t) => {
    const service = await nats();
    t.teardown(() => service.stop());
    const connection = await connect({ servers: service.url });
    await (await jetstreamManager(connection)).streams.add({ name: 'orders', subjects: ['orders.*'] });
    await connection.close();
    const [event] = await nothingIsLost(t, {
      service,
      eventSourceType: 'NATS',
      eventSourceParameters: PARAMETERS,
      ordered: true,
      publish: async (bodies) => {
        const connection = await connect({ servers: service.url });
        const stream = jetstream(connection);
        for (const body of bodies) await stream.publish('orders.new', body);
        await connection.close();
      },
    });
    t.match(event, {
      id: 'orders-1',
      source: 'isopod.nats',
      specversion: '1.0',
      type: 'nats:Stream:Message',
      subject: 'nats:orders:orders.new',
      data: { stream: 'orders', subject: 'orders.new', sequence: 1, body: '0' },
    });
  },
);

t.test('a server that cannot be reached and a stream that is not there are told in the status', async (t) => {
  const { engine } = await collectingEngine({
    eventSources: { connections: { server: { url: 'nats://127.0.0.1:1' } } },
  });
  await using _ = engine;
  await engine.createTrigger('f', eventBridgeTrigger('NATS', PARAMETERS));
  while (engine.getTrigger('f', 'messages').status.state !== 'failing')
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(engine.getTrigger('f', 'messages').status.lastError, { code: 'SourceFailed' });
  await t.rejects(
    engine.createTrigger('f', {
      ...eventBridgeTrigger('NATS', { sourceNATSParameters: { InstanceId: 'other', Stream: 'orders' } }),
      triggerName: 'other',
    }),
    { code: 'InvalidArgument', message: /no connection "other"/ },
  );
});
