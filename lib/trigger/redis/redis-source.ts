/** Redis streams: a consumer group, which is the trigger's position. What a consumer left unsettled is taken first. */
import { checkConnection, connectionOf } from '../connections.ts';
import { cloudEvent } from '../eventbridge/cloud-event.ts';
import type { MessageSource } from '../eventbridge/source.ts';
import { optionalPackage } from '../optional-package.ts';
import type { TriggerContext } from '../trigger.ts';

export interface RedisParameters {
  readonly InstanceId: string;
  readonly Stream: string;
  /** Name of the consumer group; made from the trigger's by default. */
  readonly Group?: string | undefined;
}

const PROTOCOLS = ['redis', 'rediss'];
/** Milliseconds the server waits for the next entry before it is asked again. */
const BLOCK_MS = 2_000;

interface Entry {
  readonly id: string;
  readonly message: Readonly<Record<string, string>> | null;
}

export function redisSource(context: TriggerContext, parameters: RedisParameters): MessageSource {
  const { InstanceId, Stream, Group = `isopod-${context.triggerId}` } = parameters;
  checkConnection(context.services, InstanceId, PROTOCOLS);
  let pending: (() => Promise<number>) | undefined;
  return {
    async run(take, prefetch, signal, connected) {
      const { createClient } = await optionalPackage(() => import('redis'), 'redis', 'A Redis trigger');
      const { url, username, password } = await connectionOf(context.services, InstanceId, PROTOCOLS);
      const reader = createClient({
        url,
        socket: { reconnectStrategy: false },
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      });
      const failure = new Promise<never>((_resolve, reject) => reader.on('error', reject));
      failure.catch(() => undefined);
      await reader.connect();
      // Blocking reads have a connection of their own.
      const settler = reader.duplicate();
      settler.on('error', () => undefined);
      try {
        await settler.connect();
        await settler.xGroupCreate(Stream, Group, '0', { MKSTREAM: true }).catch((error: Error) => {
          if (!error.message.includes('BUSYGROUP')) throw error;
        });
        pending = async () => {
          const groups = (await settler.xInfoGroups(Stream)) as unknown as {
            name: string;
            lag: number | null;
            pending: number;
          }[];
          const mine = groups.find(({ name }) => name === Group);
          return (mine?.lag ?? 0) + (mine?.pending ?? 0);
        };
        connected();
        await follow();
      } finally {
        pending = undefined;
        reader.destroy();
        // Settlements on their way arrive before the connection ends.
        await settler.close().catch(() => settler.destroy());
      }

      async function follow(): Promise<void> {
        const open = new Set<string>();
        const settle = together((ids) => settler.xAck(Stream, Group, ids));
        let wake: (() => void) | undefined;
        const stopped = new Promise<'stopped'>((resolve) => {
          signal.addEventListener('abort', () => {
            wake?.();
            resolve('stopped');
          });
        });
        let from = '0';
        while (!signal.aborted) {
          if (open.size >= prefetch) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            continue;
          }
          const read = reader.xReadGroup(
            Group,
            'isopod',
            { key: Stream, id: from },
            { COUNT: prefetch - open.size, BLOCK: BLOCK_MS },
          );
          read.catch(() => undefined);
          const reply = await Promise.race([read, failure, stopped]);
          if (reply === 'stopped') return;
          const entries = ((reply as { messages: Entry[] }[] | null)?.[0]?.messages ?? []) as Entry[];
          // First what an earlier run left, then what is new.
          if (from !== '>') from = entries.length === 0 ? '>' : (entries.at(-1) as Entry).id;
          for (const { id, message } of entries) {
            // Deleted from the stream while it was unsettled.
            if (message === null) {
              await settle(id);
              continue;
            }
            open.add(id);
            const left = (): void => {
              open.delete(id);
              wake?.();
            };
            take({
              id,
              event: cloudEvent(context, {
                id: `${Stream}-${id}`,
                source: 'isopod.redis',
                type: 'redis:Stream:Message',
                subject: `redis:${Stream}`,
                time: Number(id.split('-')[0]),
                data: { stream: Stream, id, fields: { ...message } },
              }),
              done: async () => {
                left();
                await settle(id);
              },
              release: left,
            });
          }
        }
      }
    },
    lag: async () => (pending === undefined ? 0 : pending()),
  };
}

/** What is asked for in one turn is done by one command. */
function together(send: (ids: string[]) => Promise<unknown>): (id: string) => Promise<void> {
  let ids: string[] = [];
  let sent: Promise<void> = Promise.resolve();
  return (id) => {
    if (ids.length === 0) {
      sent = Promise.resolve().then(async () => {
        const all = ids;
        ids = [];
        await send(all);
      });
    }
    ids.push(id);
    return sent;
  };
}
