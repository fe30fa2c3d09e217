/** The engine's own queue as a source: what MNS queues are to EventBridge. */

import { cloudEvent } from '../eventbridge/cloud-event.ts';
import type { Message, MessageSource } from '../eventbridge/source.ts';
import type { TriggerContext } from '../trigger.ts';
import { type QueuedMessage, Queues } from './queues.ts';

/** Milliseconds a message is hidden, and after which that is renewed while it is in hand. */
const HIDE_MS = 30_000;
const RENEW_MS = 10_000;

export interface QueueParameters {
  readonly QueueName: string;
  readonly IsBase64Decode: boolean;
}

export function queueSource(
  context: TriggerContext,
  { QueueName: queue, IsBase64Decode }: QueueParameters,
): MessageSource {
  const queues = Queues.of(context.services);
  const open = new Set<number>();
  const messageOf = (queued: QueuedMessage, wake: () => void): Message => {
    const { id, body, sent } = queued;
    const messageBody = IsBase64Decode ? body : Buffer.from(body).toString('base64');
    const messageId = id.toString(16).toUpperCase().padStart(32, '0');
    const { region, accountId } = context.arn;
    return {
      id: messageId,
      event: cloudEvent(context, {
        id: messageId,
        source: `MNS-Function-${context.triggerName}`,
        type: 'mns:Queue:SendMessage',
        subject: `acs:mns:${region}:${accountId}:queues/${queue}`,
        time: sent,
        data: { requestId: messageId, messageId, messageBody },
      }),
      done: async () => {
        await queues.delete(id);
        open.delete(id);
        wake();
      },
      release: async () => {
        open.delete(id);
        await queues.hide([id], 0);
      },
    };
  };
  return {
    async run(take, prefetch, signal, connected) {
      connected();
      const waiting: { wake?: () => void } = {};
      const wake = (): void => waiting.wake?.();
      const unwatch = queues.watch(queue, wake);
      signal.addEventListener('abort', wake);
      const renew = setInterval(() => void queues.hide([...open], HIDE_MS).catch(() => undefined), RENEW_MS);
      try {
        while (!signal.aborted) {
          const room = prefetch - open.size;
          const messages = room <= 0 ? [] : await queues.receive(queue, room, HIDE_MS);
          for (const message of messages) {
            open.add(message.id);
            take(messageOf(message, wake));
          }
          if (messages.length > 0 || signal.aborted) continue;
          const at = queues.nextVisible(queue);
          if (room > 0 && at !== undefined && at <= Date.now()) continue;
          const ms = at === undefined || room <= 0 ? HIDE_MS : Math.min(HIDE_MS, at - Date.now());
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, ms);
            waiting.wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
      } finally {
        clearInterval(renew);
        unwatch();
        signal.removeEventListener('abort', wake);
      }
    },
    lag: async () => queues.count(queue),
  };
}
