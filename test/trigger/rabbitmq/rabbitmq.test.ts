import { connect } from 'amqplib';
import t from 'tap';
import { missing, rabbitmq } from '../servers.ts';
import { nothingIsLost } from '../through-crashes.ts';

const skip = missing('rabbitmq-server', 'rabbitmq-server');

t.test(
  'no message of a RabbitMQ queue is lost when the server is killed or the engine is away',
  { skip },
  async (t) => {
    const service = await rabbitmq();
    t.teardown(() => service.stop());
    const publish = async (bodies: readonly string[]): Promise<void> => {
      const connection = await connect(service.url);
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('orders', { durable: true });
      for (const body of bodies)
        channel.sendToQueue('orders', Buffer.from(body), { persistent: true, messageId: `m${body}` });
      await channel.waitForConfirms();
      await connection.close();
    };
    await publish([]);
    const [event] = await nothingIsLost(t, {
      service,
      eventSourceType: 'RabbitMQ',
      eventSourceParameters: { sourceRabbitMQParameters: { InstanceId: 'server', QueueName: 'orders' } },
      ordered: true,
      publish,
    });
    t.match(event, {
      id: 'm0',
      source: 'acs:amqp',
      specversion: '1.0',
      type: 'amqp:Queue:SendMessage',
      datacontenttype: 'application/json; charset=utf-8',
      subject: 'acs:amqp:cn-local:1000000000000001:/instances/server/vhosts///queues/orders',
      aliyunaccountid: '1000000000000001',
      data: {
        envelope: { deliveryTag: 1, redeliver: false, exchange: '', routingKey: 'orders' },
        props: { messageId: 'm0' },
        body: '0',
      },
    });
  },
);
