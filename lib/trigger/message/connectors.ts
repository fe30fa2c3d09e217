/** What takes outcomes of async calls to topics, queues and buses: the engine's own, and those of servers. */
import type { DestinationConnector } from '../../types.ts';
import { checkConnection } from '../connections.ts';
import { mqttLink } from '../mqtt/mqtt-link.ts';
import { natsLink } from '../nats/nats-link.ts';
import { rabbitLink } from '../rabbitmq/rabbitmq-link.ts';
import { redisLink } from '../redis/redis-link.ts';
import type { Services } from '../services.ts';
import { asksDelivery, deliverTo } from './delivery-targets.ts';
import { type LinkKind, Links } from './links.ts';

const own = (services: Services): DestinationConnector => ({
  name: 'topics, queues and event buses of the engine',
  accepts: asksDelivery,
  send: (address, { id, body }) => deliverTo(services, address, body, id),
});

/** Addresses are `{kind}:{connection}/{place}`, the connection being one of `eventSources.connections`. */
function ofServer(services: Services, kind: LinkKind): DestinationConnector {
  const form = new RegExp(`^${kind.name}:([^/\\s]+)/(\\S+)$`);
  const parts = (address: string): [name: string, place: string] => {
    const [, name = '', place = ''] = form.exec(address) ?? [];
    return [name, place];
  };
  return {
    name: `${kind.name}:{connection}/{place}`,
    accepts: (address) => form.test(address),
    check(address) {
      const [name, place] = parts(address);
      checkConnection(services, name, kind.protocols);
      kind.checkPlace(place);
    },
    send: (address, message) => Links.of(services).send(kind, ...parts(address), message, message.signal),
  };
}

export const destinationConnectors = (services: Services): DestinationConnector[] => [
  own(services),
  ...[natsLink, rabbitLink, redisLink, mqttLink].map((kind) => ofServer(services, kind)),
];
