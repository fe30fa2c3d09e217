/** The kinds of triggers there are; each is loaded when the first of it is made. */
import type { TriggerType } from '../types.ts';
import type { TriggerKind } from './trigger.ts';

const KINDS: Readonly<Partial<Record<TriggerType, () => Promise<unknown>>>> = {
  timer: async () => (await import('./timer/timer.ts')).timer,
  oss: async () => (await import('./oss/oss.ts')).oss,
  mns_topic: async () => (await import('./message/mns-topic.ts')).mnsTopic,
  eventbridge: async () => (await import('./eventbridge/eventbridge.ts')).eventBridge,
  tablestore: async () => (await import('./tablestore/tablestore.ts')).tablestore,
  log: async () => (await import('./log/log.ts')).log,
  cdn_events: async () => (await import('./cdn/cdn-events.ts')).cdnEvents,
  http: async () => (await import('./http-trigger/http-trigger.ts')).httpTrigger,
};

export const TRIGGER_TYPES = Object.keys(KINDS) as readonly TriggerType[];

export const kindOf = (type: TriggerType): Promise<TriggerKind> => (KINDS[type] as () => Promise<TriggerKind>)();
