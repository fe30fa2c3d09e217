/** An engine with a trigger on every source, to be killed. Arguments: folder, connections as JSON. What its functions did is a line in a file. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type TriggerConfig } from '../../../lib/index.ts';

const [folder = '', urls = '{}'] = process.argv.slice(2);
const connections = Object.fromEntries(
  Object.entries(JSON.parse(urls) as Record<string, string>).map(([name, url]) => [name, { url }]),
);

const engine = await createEngine({
  workers: 1,
  dataDir: join(folder, 'data'),
  eventSources: { connections, databases: { sqlite: join(folder, 'shop.sqlite') } },
});

const server = (eventSourceType: string, eventSourceParameters: object) => ({
  triggerType: 'eventbridge' as const,
  triggerConfig: {
    eventSourceConfig: { eventSourceType, eventSourceParameters },
    runOptions: { errorsTolerance: 'NONE' },
    eventSinkConfig: { deliveryOption: { concurrency: 4 } },
  },
});
const table = (instance: string) => ({
  triggerType: 'tablestore' as const,
  sourceArn: `acs:ots:cn-local:1000000000000001:instance/${instance}/table/orders`,
  triggerConfig: { format: 'json' },
});
const SOURCES: Readonly<Record<string, Omit<TriggerConfig, 'triggerName'>>> = {
  nats: server('NATS', { sourceNATSParameters: { InstanceId: 'nats', Stream: 'orders' } }),
  redis: server('Redis', { sourceRedisParameters: { InstanceId: 'redis', Stream: 'orders' } }),
  rabbitmq: server('RabbitMQ', { sourceRabbitMQParameters: { InstanceId: 'rabbitmq', QueueName: 'orders' } }),
  postgres: table('postgres'),
  sqlite: table('sqlite'),
};

/** The ids of an event, whatever source it is from. */
const source = `
const idOf = (event) => event.data ? event.data.body ?? event.data.fields.body : undefined;
export const handler = async (event, { bindings }) => {
  const ids = event.Records ? event.Records.map(({ PrimaryKey }) => String(PrimaryKey[0].Value)) : [idOf(event)];
  for (const id of ids) await bindings.did.it(id);
};`;

for (const [name, config] of Object.entries(SOURCES)) {
  if (name !== 'sqlite' && connections[name] === undefined) continue;
  await engine.createFunction({
    functionName: name,
    timeout: 30,
    code: { source },
    bindings: { did: { it: async (id: string) => appendFileSync(join(folder, `${name}.done`), `${id}\n`) } },
  });
  if (engine.listTriggers(name).length === 0) await engine.createTrigger(name, { triggerName: 'crash', ...config });
}
console.log('ready');
