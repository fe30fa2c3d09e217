/** Topics, queues and buses as places something is sent to: dead letters, and destinations of async calls. */
import { IsopodError } from '../../errors.ts';
import type { Services } from '../services.ts';
import { Queues } from './queues.ts';
import { publish } from './topics.ts';

const MNS = /^acs:mns:[^:]*:[^:]*:\/(queues|topics)\/([A-Za-z0-9][A-Za-z0-9_-]{0,254})(?:\/messages)?$/;
const BUS = /^acs:eventbridge:([^:]*):([^:]*):eventbus\/([\w-]{1,127})$/;

/** Whether `deliverTo` knows the place an ARN names. */
export const asksDelivery = (arn: string): boolean => MNS.test(arn) || BUS.test(arn);

/** Resolves when `payload` is kept there; `id` is the event's on a bus. Rejects with `InvalidArgument` or `StoreFailed`. */
export async function deliverTo(services: Services, arn: string, payload: string, id?: string): Promise<void> {
  const [, kind, name] = MNS.exec(arn) ?? [];
  if (kind === 'queues') return void (await Queues.of(services).send(name as string, payload));
  if (kind === 'topics') return void (await publish(services, name as string, payload));
  const [, region = '', account = '', bus] = BUS.exec(arn) ?? [];
  if (bus === undefined) {
    throw new IsopodError('InvalidArgument', `${arn.slice(0, 200)} names no topic, queue or event bus`);
  }
  const { putEvents } = await import('../eventbridge/bus.ts');
  const { randomUUID } = await import('node:crypto');
  await putEvents(services, bus, [
    {
      specversion: '1.0',
      id: id ?? randomUUID(),
      source: 'acs.fc',
      type: 'fc:AsyncInvoke:Result',
      subject: `acs:fc:${region}:${account}`,
      time: new Date().toISOString(),
      datacontenttype: 'application/json; charset=utf-8',
      data: JSON.parse(payload) as unknown,
    },
  ]);
}
