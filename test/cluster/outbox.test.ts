import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Outbox, type OutboxOptions } from '../../lib/cluster/outbox.ts';
import { IsopodError } from '../../lib/errors.ts';

/** A server that is there or not, and what it was given. */
function setUp(folder: string) {
  const given: string[] = [];
  const listeners: ((isUp: boolean) => void)[] = [];
  const unwanted = new Set<string>();
  const options: OutboxOptions & { link: { isUp: boolean } } = {
    file: join(folder, 'outbox.sqlite'),
    takes: true,
    max: 1_000,
    logger: undefined,
    link: { isUp: false, onChange: (listener) => void listeners.push(listener) },
    publish: async (functionName, qualifier, message) => {
      if (!options.link.isUp || unwanted.has(`${message}`)) throw new IsopodError('ClusterUnavailable', 'away');
      given.push(`${functionName} ${qualifier} ${message}`);
    },
  };
  const change = (isUp: boolean): void => {
    options.link.isUp = isUp;
    for (const listener of listeners) listener(isUp);
  };
  return { options, given, unwanted, change };
}

const opened = async (options: OutboxOptions): Promise<Outbox> => (await Outbox.open(options)) as Outbox;

t.test('an outbox', async (t) => {
  await t.test('keeps events while the server is away and hands them over, in order, when it is back', async (t) => {
    const { options, given, change } = setUp(t.testdir());
    const outbox = await opened(options);
    t.teardown(() => outbox.close());
    const names = Array.from({ length: 600 }, (_, at) => `event ${at} ü`);
    await Promise.all(names.map((name) => outbox.publish('f', 'LATEST', Buffer.from(name))));
    await outbox.publish('g', 'prod', Buffer.from('other'));
    t.equal(outbox.size, 601);
    t.equal(outbox.sizeOf('g', 'prod'), 1);
    t.same(given, []);
    change(true);
    await outbox.whenEmpty();
    t.same(
      given.filter((event) => event.startsWith('f')),
      names.map((name) => `f LATEST ${name}`),
    );
    t.ok(given.includes('g prod other'));
    t.equal(outbox.sizeOf('f', 'LATEST'), 0);
    await outbox.publish('f', 'LATEST', Buffer.from('now'));
    t.equal(given.at(-1), 'f LATEST now', 'what comes now goes straight to the server');
  });

  await t.test('outlives its process, also when the next one is to have none', async (t) => {
    const { options, given, change } = setUp(t.testdir());
    const first = await opened(options);
    await first.publish('f', 'LATEST', Buffer.from('1'));
    await first.close();
    const second = await opened(options);
    t.equal(second.size, 1);
    await second.publish('f', 'LATEST', Buffer.from('2'));
    await second.close();
    const third = await opened({ ...options, takes: false });
    await t.rejects(third.publish('f', 'LATEST', Buffer.from('3')), { code: 'ClusterUnavailable' });
    change(true);
    await third.whenEmpty();
    t.same(given, ['f LATEST 1', 'f LATEST 2']);
    await third.close();
    const fourth = await opened(options);
    t.equal(fourth.size, 0);
    await fourth.close();
  });

  await t.test('is not made where there is nothing for it to do', async (t) => {
    const { options } = setUp(t.testdir());
    t.equal(await Outbox.open({ ...options, takes: false }), undefined);
    t.notOk(existsSync(options.file));
  });

  await t.test('is full at its limit, and gives on what else refuses an event', async (t) => {
    const { options } = setUp(t.testdir());
    const outbox = await opened({ ...options, max: 2 });
    t.teardown(() => outbox.close());
    for (const name of ['1', '2']) await outbox.publish('f', 'LATEST', Buffer.from(name));
    await t.rejects(outbox.publish('f', 'LATEST', Buffer.from('3')), { code: 'ResourceExhausted', retryable: true });
    const refusing = await opened({
      ...options,
      file: `${options.file}-2`,
      publish: () => Promise.reject(new IsopodError('PayloadTooLarge', 'too large')),
    });
    t.teardown(() => refusing.close());
    await t.rejects(refusing.publish('f', 'LATEST', Buffer.from('3')), { code: 'PayloadTooLarge' });
    t.equal(refusing.size, 0);
  });

  await t.test('keeps what the server does not take, and hands the rest over', async (t) => {
    const { options, given, unwanted, change } = setUp(t.testdir());
    const outbox = await opened(options);
    for (const name of ['1', '2', '3']) await outbox.publish('f', 'LATEST', Buffer.from(name));
    unwanted.add('2');
    change(true);
    while (given.length < 2) await new Promise((resolve) => setImmediate(resolve));
    t.same(given, ['f LATEST 1', 'f LATEST 3']);
    await outbox.close();
    unwanted.clear();
    const next = await opened(options);
    await next.whenEmpty();
    await next.close();
    t.same(given.at(-1), 'f LATEST 2');
  });
});
