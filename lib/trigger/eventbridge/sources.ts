/** The source a configuration names. Clients of servers are loaded when they connect. */
import { IsopodError } from '../../errors.ts';
import { queueSource } from '../message/queue-source.ts';
import { mqttSource } from '../mqtt/mqtt-source.ts';
import { natsSource } from '../nats/nats-source.ts';
import { rabbitSource } from '../rabbitmq/rabbitmq-source.ts';
import { redisSource } from '../redis/redis-source.ts';
import type { TriggerContext } from '../trigger.ts';
import { busSource } from './bus.ts';
import type { EventBridgeConfig } from './config.ts';
import type { MessageSource } from './source.ts';

/** Throws `InvalidArgument` when the parameters of the source are not there, or it names a connection that is not. */
export function sourceOf(context: TriggerContext, { eventSourceConfig }: EventBridgeConfig): MessageSource {
  const { eventSourceType: type, eventSourceParameters: parameters } = eventSourceConfig;
  const of = <Name extends keyof typeof parameters>(name: Name): NonNullable<(typeof parameters)[Name]> => {
    const given = parameters[name];
    if (given !== undefined) return given;
    throw new IsopodError('InvalidArgument', `eventSourceParameters.${name}: is needed for eventSourceType ${type}`);
  };
  switch (type) {
    case 'Default':
      return busSource(context, parameters.sourceEventBusParameters?.EventBusName ?? 'default');
    case 'MNS':
      return queueSource(context, of('sourceMNSParameters'));
    case 'RabbitMQ':
      return rabbitSource(context, of('sourceRabbitMQParameters'));
    case 'MQTT':
      return mqttSource(context, of('sourceMQTTParameters'));
    case 'NATS':
      return natsSource(context, of('sourceNATSParameters'));
    case 'Redis':
      return redisSource(context, of('sourceRedisParameters'));
  }
}
