/** What every message server must stand: it is killed, the engine goes away and comes back, and nothing is lost. */
import type { Test } from 'tap';
import type { TriggerConfig } from '../../lib/index.ts';
import { type Collector, collecting, collectingEngine } from './collector.ts';
import type { Service } from './servers.ts';

export interface Scenario {
  readonly service: Service;
  /** Numbers as message bodies. */
  readonly publish: (bodies: readonly string[]) => Promise<void>;
  readonly eventSourceType: string;
  readonly eventSourceParameters: object;
  /** Whether messages that were published come in their order as long as nothing breaks. */
  readonly ordered: boolean;
}

export const bodies = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => String(from + at));

export const eventBridgeTrigger = (
  eventSourceType: string,
  eventSourceParameters: object,
  more: object = {},
): TriggerConfig => ({
  triggerName: 'messages',
  triggerType: 'eventbridge',
  triggerConfig: { eventSourceConfig: { eventSourceType, eventSourceParameters }, ...more },
});

interface Told {
  readonly data: { readonly body?: string; readonly fields?: { readonly body: string } };
}
export const bodyOfEvent = (text: string): string => {
  const { data } = JSON.parse(text) as Told;
  return data.body ?? (data.fields?.body as string);
};
const distinct = (texts: readonly string[]): Set<string> => new Set(texts.map(bodyOfEvent));

/** Resolves with the events the function got first, as JSON. */
export async function nothingIsLost(t: Test, scenario: Scenario): Promise<unknown[]> {
  const { service, publish, ordered, eventSourceType, eventSourceParameters } = scenario;
  const options = {
    dataDir: t.testdir(),
    eventSources: { connections: { server: () => ({ url: service.url }) } },
  };
  let first: unknown[];
  {
    const { engine, collector } = await collectingEngine(options);
    await using _ = engine;
    await engine.createTrigger('f', eventBridgeTrigger(eventSourceType, eventSourceParameters));
    while (engine.getTrigger('f', 'messages').status.state !== 'running')
      await new Promise((resolve) => setTimeout(resolve, 10));
    await publish(bodies(0, 50));
    await collector.until((texts) => distinct(texts).size === 50);
    first = collector.events.map((text) => JSON.parse(text));
    if (ordered) t.same(collector.events.map(bodyOfEvent), bodies(0, 50), 'in their order');
    while (engine.getTrigger('f', 'messages').status.events < 50)
      await new Promise((resolve) => setTimeout(resolve, 10));
    t.match(engine.getTrigger('f', 'messages').status, { state: 'running', failures: 0 });
    await service.kill();
    while (engine.getTrigger('f', 'messages').status.state !== 'failing')
      await new Promise((resolve) => setTimeout(resolve, 10));
    t.match(
      engine.getTrigger('f', 'messages').status.lastError,
      { code: 'SourceFailed' },
      'a server that is away is told',
    );
    await service.start();
    await publish(bodies(50, 100));
    await collector.until((texts) => distinct(texts).size === 100);
  }
  await publish(bodies(100, 150));
  const { engine, collector } = await collectingEngine(options);
  await using _ = engine;
  await collector.until((texts) => bodies(100, 150).every((body) => distinct(texts).has(body)));
  t.pass('what came while no engine was there is delivered');
  return first;
}

/** A function that fails for the bodies it is told to, as often as it is told. */
export const failing = (collector: Collector) => ({
  ...collecting(collector),
  code: {
    source: `exports.handler = async (event, context) => {
      const failed = await context.bindings.collector.add(event.toString());
      if (failed === 'throw') throw new Error('not this one');
      return failed;
    };`,
  },
});
