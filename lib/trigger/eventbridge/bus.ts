/** The engine's own event buses: each a stream of CloudEvents. */
import { Streams } from '../kept/streams.ts';
import type { Services } from '../services.ts';
import type { TriggerContext } from '../trigger.ts';
import { type CloudEvent, extensions } from './cloud-event.ts';
import type { MessageSource } from './source.ts';

const streamOf = (bus: string): string => `bus:${bus}`;

/** Resolves when all are kept. */
export async function putEvents(services: Services, bus: string, events: readonly CloudEvent[]): Promise<void> {
  await Streams.of(services).append(
    streamOf(bus),
    events.map((event) => JSON.stringify(event)),
  );
}

/** Messages may be settled in any order; the position is the last one before which all are. */
export function busSource(context: TriggerContext, bus: string): MessageSource {
  const streams = Streams.of(context.services);
  const stream = streamOf(bus);
  const consumer = context.triggerId;
  let position: number | undefined;
  return {
    async run(take, prefetch, signal, connected) {
      const start = streams.position(stream, consumer) ?? streams.last(stream);
      await streams.advance(stream, consumer, start);
      connected();
      let read = start;
      position = start;
      const open = new Set<number>();
      const settled = new Set<number>();
      const waiting: { wake?: () => void } = {};
      const unwatch = streams.watch(stream, () => waiting.wake?.());
      const abort = (): void => waiting.wake?.();
      signal.addEventListener('abort', abort);
      const settle = (seq: number): Promise<void> | void => {
        settled.add(seq);
        open.delete(seq);
        let next = position as number;
        while (settled.delete(next + 1)) next++;
        waiting.wake?.();
        if (next === position) return;
        position = next;
        return streams.advance(stream, consumer, next);
      };
      try {
        while (!signal.aborted) {
          const room = prefetch - open.size;
          const entries = room <= 0 ? [] : streams.read(stream, read, room);
          for (const { seq, data } of entries) {
            // Entries that were trimmed leave a gap.
            for (let gone = read + 1; gone < seq; gone++) settled.add(gone);
            read = seq;
            open.add(seq);
            const event = JSON.parse(data) as CloudEvent;
            take({
              id: event.id,
              event: { ...event, ...extensions(context.arn, bus), ...event },
              done: () => settle(seq),
            });
          }
          if (entries.length > 0) continue;
          await new Promise<void>((resolve) => {
            waiting.wake = resolve;
          });
        }
      } finally {
        unwatch();
        signal.removeEventListener('abort', abort);
      }
    },
    lag: async () => Math.max(0, streams.last(stream) - (position ?? streams.position(stream, consumer) ?? 0)),
    forget: () => streams.forget(stream, consumer),
  };
}
