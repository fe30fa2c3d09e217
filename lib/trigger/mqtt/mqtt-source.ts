/** MQTT: a session that lasts, so the broker keeps what came while nobody was there. One message after the other. */
import type { IClientOptions } from 'mqtt';
import { checkConnection, connectionOf } from '../connections.ts';
import { bodyOf, cloudEvent } from '../eventbridge/cloud-event.ts';
import type { MessageSource } from '../eventbridge/source.ts';
import { optionalPackage } from '../optional-package.ts';
import type { TriggerContext } from '../trigger.ts';

export interface MqttParameters {
  readonly InstanceId: string;
  /** May hold `+` and `#`. */
  readonly Topic: string;
  readonly ClientId?: string | undefined;
}

const PROTOCOLS = ['mqtt', 'mqtts', 'ws', 'wss'];
/** At least once. */
const QOS = 1;
/** Seconds the broker keeps the session of a client that is away: 30 days. */
const SESSION_SECONDS = 2_592_000;

export function mqttSource(context: TriggerContext, parameters: MqttParameters): MessageSource {
  const { InstanceId, Topic, ClientId = `isopod-${context.triggerId}` } = parameters;
  checkConnection(context.services, InstanceId, PROTOCOLS);
  return {
    async run(take, _prefetch, signal, connected) {
      const { connect } = await optionalPackage(() => import('mqtt'), 'mqtt', 'An MQTT trigger');
      const { url, username, password } = await connectionOf(context.services, InstanceId, PROTOCOLS);
      const client = connect(url, {
        manualConnect: true,
        clientId: ClientId,
        clean: false,
        protocolVersion: 5,
        properties: { sessionExpiryInterval: SESSION_SECONDS },
        reconnectPeriod: 0,
        connectTimeout: 10_000,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      } satisfies IClientOptions);
      const ended = new Promise<Error>((resolve) => {
        client.on('error', resolve);
        client.on('close', () => resolve(new Error('the broker closed the connection')));
      });
      const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
      let no = 0;
      // Set before the connection is there: a session goes on at once. The broker is told that a message has arrived when `settled` is called, and sends the next ones meanwhile.
      client.handleMessage = (packet, settled) => {
        // Not told, so it comes again.
        if (signal.aborted) return;
        const { topic, payload, qos, retain, properties } = packet;
        take({
          id: `${++no}`,
          event: cloudEvent(context, {
            source: 'acs:mqtt',
            type: 'mqtt:Topic:SendMessage',
            subject: `acs:mqtt:${context.arn.region}:${context.arn.accountId}:${InstanceId}:topic:${topic}`,
            data: {
              topic,
              qos,
              retain,
              ...(properties?.userProperties !== undefined && { props: { ...properties.userProperties } }),
              ...bodyOf(Buffer.from(payload)),
            },
          }),
          done: () => settled(),
          isAlone: true,
        });
      };
      try {
        const opened = new Promise<undefined>((resolve) => client.once('connect', () => resolve(undefined)));
        client.connect();
        const failed = await Promise.race([opened, ended]);
        if (failed !== undefined) throw failed;
        await client.subscribeAsync(Topic, { qos: QOS });
        connected();
        const problem = await Promise.race([ended, stopped]);
        if (problem !== undefined) throw problem;
      } finally {
        // Not by force where acknowledgements may be on their way.
        await client.endAsync(signal.aborted === false).catch(() => undefined);
      }
    },
  };
}
