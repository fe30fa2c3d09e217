/** Messages to MQTT brokers: at least once (QoS 1), with the message's id as the user property `id`. */
import { IsopodError } from '../../errors.ts';
import { type LinkKind, OPEN_MS } from '../message/links.ts';
import { optionalPackage } from '../optional-package.ts';

export const mqttLink: LinkKind = {
  name: 'mqtt',
  protocols: ['mqtt', 'mqtts', 'ws', 'wss'],

  checkPlace(topic) {
    if (!/[+#\0]/.test(topic)) return;
    throw new IsopodError(
      'InvalidArgument',
      `mqtt:{connection}/{topic}: "${topic}" has wildcards; a message has one topic`,
    );
  },

  async open({ url, username, password }, ended) {
    const { connectAsync } = await optionalPackage(() => import('mqtt'), 'mqtt', 'An MQTT destination');
    const client = await connectAsync(
      url,
      {
        protocolVersion: 5,
        reconnectPeriod: 0,
        connectTimeout: OPEN_MS,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      },
      false,
    );
    client.on('error', ended).on('close', ended);
    return {
      send: (topic, { id, body }) =>
        client.publishAsync(topic, body, {
          qos: 1,
          properties: { contentType: 'application/json', userProperties: { id } },
        }),
      close: () => client.endAsync(true),
    };
  },
};
