import t from 'tap';
import { createEngine } from '../../../lib/index.ts';
import { Collector, collectingEngine } from '../collector.ts';
import { eventBridgeTrigger, failing } from '../through-crashes.ts';

const topic = (triggerName: string, triggerConfig: object = {}) =>
  ({
    triggerName,
    triggerType: 'mns_topic',
    sourceArn: 'acs:mns:cn-hangzhou:1000000000000001:/topics/orders',
    triggerConfig,
  }) as const;
const queue = (more: object = {}) => eventBridgeTrigger('MNS', { sourceMNSParameters: { QueueName: 'orders' } }, more);
const fast = { PushRetryStrategy: 'CUSTOM', MaximumRetryAttempts: 2, RetryIntervalInSeconds: 0.01 };

t.test('a topic gives its triggers the message as it is, or in the forms of MNS', async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  await engine.createTrigger('f', topic('plain'));
  await engine.eventSources.publish('orders', 'hello topic');
  await collector.until(({ length }) => length === 1);
  t.equal(collector.events[0], 'hello topic');
  await engine.eventSources.publish('orders', 'hello', { attributes: { key: 'value' } });
  await collector.until(({ length }) => length === 2);
  t.same(JSON.parse(collector.events[1] as string), { body: 'hello', attrs: { Extend: '{"key":"value"}' } });
  await engine.deleteTrigger('f', 'plain');
  await engine.createTrigger('f', topic('json', { notifyContentFormat: 'JSON', filterTag: 'vip' }));
  await engine.eventSources.publish('orders', 'not for it', { tag: 'other' });
  const id = await engine.eventSources.publish('orders', 'hello topic', { tag: 'vip' });
  await collector.until(({ length }) => length === 3);
  t.match(JSON.parse(collector.events[2] as string), {
    TopicOwner: '1000000000000001',
    Message: 'hello topic',
    Subscriber: '1000000000000001',
    PublishTime: Number,
    SubscriptionName: 'json',
    MessageMD5: /^[0-9A-F]{32}$/,
    TopicName: 'orders',
    MessageId: id,
  });
  await t.rejects(engine.createTrigger('f', { ...topic('x'), sourceArn: 'acs:mns:::queues/q' }), { message: /topics/ });
});

t.test('what was published while no engine was there for it waits', async (t) => {
  const dataDir = t.testdir();
  {
    const { engine } = await collectingEngine({ dataDir });
    await using _ = engine;
    await engine.createTrigger('f', topic('plain'));
  }
  {
    // The function is not declared here, so its trigger waits.
    await using engine = await createEngine({ dataDir, workers: 1 });
    for (let at = 0; at < 300; at++) await engine.eventSources.publish('orders', `${at}`);
  }
  const { engine, collector } = await collectingEngine({ dataDir });
  await using _ = engine;
  await collector.until(({ length }) => length === 300);
  t.same([...collector.events].sort(), Array.from({ length: 300 }, (_, at) => `${at}`).sort());
});

t.test('a queue gives a CloudEvent for each message, and deletes it when the function is done', async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  await engine.eventSources.send('orders', 'TEST');
  await engine.createTrigger('f', queue());
  const [event] = await collector.count(1);
  t.match(event, {
    id: /^[0-9A-F]{32}$/,
    source: 'MNS-Function-messages',
    specversion: '1.0',
    type: 'mns:Queue:SendMessage',
    datacontenttype: 'application/json; charset=utf-8',
    subject: 'acs:mns:cn-local:1000000000000001:queues/orders',
    aliyunaccountid: '1000000000000001',
    aliyunregionid: 'cn-local',
    data: { messageBody: 'TEST', messageId: /^[0-9A-F]{32}$/, requestId: String },
  });
  await engine.deleteTrigger('f', 'messages');
  t.same(await engine.eventSources.receive('orders'), [], 'the queue is empty');
});

t.test('windows make arrays; items the function reports as failed come again, the others do not', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  const collector = new Collector();
  const batches: string[][] = [];
  await engine.createFunction({
    ...failing(collector),
    bindings: {
      collector: {
        add: async (text: string) => {
          const events = JSON.parse(text) as { id: string; data: { messageBody: string } }[];
          batches.push(events.map(({ data }) => data.messageBody));
          await collector.add(text);
          const bad = events.filter(({ data }) => data.messageBody === '3');
          return batches.length === 1 ? { batchItemFailures: bad.map(({ id }) => ({ itemIdentifier: id })) } : {};
        },
      },
    },
  });
  for (let at = 0; at < 5; at++) await engine.eventSources.send('orders', `${at}`);
  const batchWindow = { CountBasedWindow: 5, TimeBasedWindow: 5 };
  await engine.createTrigger('f', queue({ runOptions: { mode: 'event-streaming', batchWindow, retryStrategy: fast } }));
  await collector.until(({ length }) => length === 2);
  t.same(batches, [['0', '1', '2', '3', '4'], ['3']]);
});

t.test('a message that fails again and again goes to the dead letter queue, and holds up no other', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  const collector = new Collector();
  await engine.createFunction({
    ...failing(collector),
    bindings: {
      collector: {
        add: async (text: string) => {
          await collector.add(text);
          return (JSON.parse(text) as { data: { messageBody: string } }).data.messageBody === 'poison'
            ? 'throw'
            : undefined;
        },
      },
    },
  });
  const deadLetterQueue = { Arn: 'acs:mns:cn-local:1000000000000001:/queues/dead/messages' };
  await engine.createTrigger('f', queue({ runOptions: { retryStrategy: fast, deadLetterQueue } }));
  await engine.eventSources.send('orders', 'poison');
  await engine.eventSources.send('orders', 'fine');
  await collector.until((texts) => texts.some((text) => text.includes('"fine"')));
  t.equal(collector.events.filter((text) => text.includes('"poison"')).length, 3, 'once, and two retries');
  const dead = (await engine.eventSources.receive('dead')).map((text) => JSON.parse(text) as object);
  t.match(dead, [
    { data: { messageBody: 'poison' }, errorCode: 'UnhandledInvocationError', errorMessage: 'not this one' },
  ]);
});

t.test('without tolerance for errors a message is tried until it succeeds, and the others wait', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  const collector = new Collector();
  let failures = 5;
  await engine.createFunction({
    ...failing(collector),
    bindings: {
      collector: {
        add: async (text: string) => {
          if (text.includes('"first"') && failures-- > 0) return 'throw';
          await collector.add(text);
          return undefined;
        },
      },
    },
  });
  const retryStrategy = { ...fast, MaximumRetryAttempts: 100 };
  await engine.createTrigger('f', queue({ runOptions: { errorsTolerance: 'NONE', retryStrategy } }));
  await engine.eventSources.send('orders', 'first');
  await engine.eventSources.send('orders', 'second');
  const told = (await collector.count(2)) as { data: { messageBody: string } }[];
  t.same(
    told.map(({ data }) => data.messageBody),
    ['first', 'second'],
  );
});
