/** RabbitMQ: a queue with acknowledgements, so the server knows how far the trigger is. */
import { checkConnection, connectionOf } from '../connections.ts';
import { bodyOf, cloudEvent } from '../eventbridge/cloud-event.ts';
import type { MessageSource } from '../eventbridge/source.ts';
import { optionalPackage } from '../optional-package.ts';
import type { TriggerContext } from '../trigger.ts';

export interface RabbitParameters {
  readonly InstanceId: string;
  readonly VirtualHostName: string;
  readonly QueueName: string;
}

const PROTOCOLS = ['amqp', 'amqps'];
/** RabbitMQ counts unsettled messages in 16 bits. */
const MAX_PREFETCH = 65_535;

export function rabbitSource(context: TriggerContext, parameters: RabbitParameters): MessageSource {
  const { InstanceId, VirtualHostName, QueueName } = parameters;
  checkConnection(context.services, InstanceId, PROTOCOLS);
  let ready: (() => Promise<number>) | undefined;
  return {
    async run(take, prefetch, signal, connected) {
      const { connect } = await optionalPackage(() => import('amqplib'), 'amqplib', 'A RabbitMQ trigger');
      const { url, username, password } = await connectionOf(context.services, InstanceId, PROTOCOLS);
      const address = new URL(url);
      if (username !== undefined) address.username = encodeURIComponent(username);
      if (password !== undefined) address.password = encodeURIComponent(password);
      address.pathname = `/${encodeURIComponent(VirtualHostName)}`;
      const connection = await connect(address.href);
      const ended = new Promise<Error>((resolve) => {
        connection.on('error', resolve);
        connection.on('close', () => resolve(new Error('the server closed the connection')));
      });
      const stopped = new Promise<undefined>((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined));
      });
      try {
        const channel = await connection.createChannel();
        const broken = new Promise<Error>((resolve) => {
          channel.on('error', resolve);
          channel.on('close', () => resolve(new Error('the server closed the channel')));
        });
        await channel.prefetch(Math.min(MAX_PREFETCH, prefetch));
        let seen = 0;
        let isOver = false;
        const { consumerTag } = await channel.consume(QueueName, (message) => {
          if (message === null) return void connection.emit('close');
          if (isOver) return;
          const { fields, properties, content } = message;
          const messageId = String(properties.messageId ?? `${context.triggerId}-${++seen}`);
          take({
            id: messageId,
            event: cloudEvent(context, {
              id: messageId,
              source: 'acs:amqp',
              type: 'amqp:Queue:SendMessage',
              subject: `acs:amqp:${context.arn.region}:${context.arn.accountId}:/instances/${InstanceId}/vhosts/${VirtualHostName}/queues/${QueueName}`,
              data: {
                envelope: {
                  deliveryTag: fields.deliveryTag,
                  redeliver: fields.redelivered,
                  exchange: fields.exchange,
                  routingKey: fields.routingKey,
                },
                props: propsOf(properties as unknown as Record<string, unknown>),
                ...bodyOf(content),
              },
            }),
            done: () => channel.ack(message),
            release: () => channel.nack(message),
          });
        });
        ready = async () => (await channel.checkQueue(QueueName)).messageCount;
        connected();
        const problem = await Promise.race([ended, broken, stopped]);
        if (problem !== undefined) throw problem;
        isOver = true;
        await channel.cancel(consumerTag);
        // Waits until the server has every acknowledgement.
        await channel.close();
      } finally {
        ready = undefined;
        await connection.close().catch(() => undefined);
      }
    },
    lag: async () => (ready === undefined ? 0 : ready()),
  };
}

/** Those that are set. */
const propsOf = (properties: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(properties).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
