/** NATS JetStream: a durable pull consumer, which is the trigger's position. */
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { checkConnection, connectionOf } from '../connections.ts';
import { bodyOf, cloudEvent } from '../eventbridge/cloud-event.ts';
import type { MessageSource } from '../eventbridge/source.ts';
import { optionalPackage } from '../optional-package.ts';
import type { TriggerContext } from '../trigger.ts';

export interface NatsParameters {
  readonly InstanceId: string;
  readonly Stream: string;
  /** Only messages of it. */
  readonly Subject?: string | undefined;
  /** Name of the durable consumer; made from the trigger's by default. */
  readonly Consumer?: string | undefined;
}

const PROTOCOLS = ['nats', 'tls', 'ws', 'wss'];
const PACKAGES = '@nats-io/transport-node @nats-io/jetstream';
/** Nanoseconds the server waits before it gives a message out again, and milliseconds after which we ask for more time. */
const ACK_WAIT_NS = 30_000_000_000;
const WORKING_MS = 10_000;

export function natsSource(context: TriggerContext, parameters: NatsParameters): MessageSource {
  const { InstanceId, Stream, Subject, Consumer = `isopod-${context.triggerId}` } = parameters;
  checkConnection(context.services, InstanceId, PROTOCOLS);
  let pending: (() => Promise<number>) | undefined;
  return {
    async run(take, prefetch, signal, connected) {
      const transport = await optionalPackage(() => import('@nats-io/transport-node'), PACKAGES, 'A NATS trigger');
      const { jetstream, jetstreamManager, AckPolicy, DeliverPolicy } = await optionalPackage(
        () => import('@nats-io/jetstream'),
        PACKAGES,
        'A NATS trigger',
      );
      const { url, username, password, token } = await connectionOf(context.services, InstanceId, PROTOCOLS);
      const connection: NatsConnection = await transport.connect({
        servers: url,
        name: `isopod ${context.functionName}/${context.triggerName}`,
        reconnect: false,
        ...(username !== undefined && { user: username }),
        ...(password !== undefined && { pass: password }),
        ...(token !== undefined && { token }),
      });
      const open = new Set<JsMsg>();
      const working = setInterval(() => {
        for (const message of open) message.working();
      }, WORKING_MS);
      try {
        const manager = await jetstreamManager(connection);
        await manager.consumers.add(Stream, {
          durable_name: Consumer,
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
          ack_wait: ACK_WAIT_NS,
          max_ack_pending: Math.max(1_000, prefetch),
          ...(Subject !== undefined && { filter_subject: Subject }),
        });
        const consumer = await jetstream(connection).consumers.get(Stream, Consumer);
        pending = async () => {
          const { num_pending, num_ack_pending } = await consumer.info();
          return num_pending + num_ack_pending;
        };
        const messages = await consumer.consume({ max_messages: prefetch });
        connected();
        const stop = (): void => void messages.close();
        signal.addEventListener('abort', stop);
        void connection.closed().then(stop);
        const room = waitForRoom(prefetch);
        for await (const message of messages) {
          open.add(message);
          take({
            id: `${message.seq}`,
            event: eventOf(context, Stream, message),
            done: async () => {
              open.delete(message);
              room.left();
              message.ack();
            },
            release: () => {
              open.delete(message);
              room.left();
              message.nak();
            },
          });
          await room.entered();
        }
        if (signal.aborted) return;
        const reason = await connection.closed();
        throw reason ?? new Error('the server closed the connection');
      } finally {
        clearInterval(working);
        pending = undefined;
        // Acknowledgements on their way arrive before the connection ends.
        await connection.drain().catch(() => connection.close());
      }
    },
    lag: async () => (pending === undefined ? 0 : pending()),
  };
}

/** Holds a reader back while `most` messages are in hand. */
function waitForRoom(most: number): { entered(): Promise<void> | undefined; left(): void } {
  let inHand = 0;
  let wake: (() => void) | undefined;
  return {
    entered() {
      if (++inHand < most) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    left() {
      inHand--;
      wake?.();
      wake = undefined;
    },
  };
}

function eventOf(context: TriggerContext, stream: string, message: JsMsg): ReturnType<typeof cloudEvent> {
  const { subject, seq, headers, info } = message;
  const entries = headers === undefined ? [] : [...headers].map(([name, values]) => [name, values.join(',')] as const);
  return cloudEvent(context, {
    id: `${stream}-${seq}`,
    source: 'isopod.nats',
    type: 'nats:Stream:Message',
    subject: `nats:${stream}:${subject}`,
    time: Math.floor(info.timestampNanos / 1_000_000),
    data: {
      stream,
      subject,
      sequence: seq,
      redelivered: info.redelivered,
      headers: Object.fromEntries(entries),
      ...bodyOf(message.data),
    },
  });
}
