import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { IsopodError } from '../../lib/errors.ts';
import type { Group, Reply } from '../../lib/journal/database.ts';
import { InPlace, OnThread } from '../../lib/journal/executor.ts';
import { Journal } from '../../lib/journal/journal.ts';

/** Publishes an event and resolves when it is kept. */
function publish(journal: Journal, no: number, text = `"${no}"`, queue = 1): Promise<void> {
  return new Promise((kept, refused) => {
    journal.publish({ kept, refused }, no, queue, 0, 1_000 + no, 0, 0, 0, text);
  });
}

const numbers = async (journal: Journal, queue = 1): Promise<unknown[]> =>
  (await journal.ask('fresh', [queue, 0, 1_000_000])).map(([no]) => no);

for (const kind of ['memory', 'file'] as const) {
  t.test(`events are given back in order, queue by queue, until they end (${kind})`, async (t) => {
    const journal = kind === 'file' ? await Journal.open(join(t.testdir(), 'journal.sqlite')) : Journal.inMemory();
    t.teardown(() => journal.close());
    const all = Array.from({ length: 1_000 }, (_, at) => at + 1);
    await Promise.all(all.map((no) => publish(journal, no, undefined, 1 + (no % 2))));
    t.same(
      await numbers(journal, 1),
      all.filter((no) => no % 2 === 0),
    );
    t.same((await journal.ask('fresh', [2, 900, 2])).length, 2, 'after a number, and no more than asked for');
    for (const no of all) if (no !== 500 && no !== 501) journal.change('end', no);
    t.same(await journal.ask('fresh', [1, 0, 10]), [[500, 0, 1_500, 0, 0, 0, '"500"', null, null, null, null]]);
    journal.change('retry', 123, 1, 2, 501);
    t.same(await journal.ask('timed', [2, 0, 0, 10]), [[501, 123, 1_501, 0, 1, 2, '"501"', null, null, null, null]]);
    t.same(await numbers(journal, 2), []);
  });
}

t.test('every character of a text comes back, and an answer ends after as many as were asked for', async (t) => {
  const journal = await Journal.open(join(t.testdir(), 'journal.sqlite'));
  t.teardown(() => journal.close());
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  for (const [at, text] of [bytes, '"ü€😀"', ''].entries()) await publish(journal, at + 1, text);
  t.same(
    (await journal.ask('fresh', [1, 0, 10])).map((row) => row[6]),
    [bytes, '"ü€😀"', ''],
  );
  t.equal((await journal.ask('fresh', [1, 0, 10], 100)).length, 1);
});

t.test('what was kept is there after the file is opened again', async (t) => {
  const path = join(t.testdir(), 'journal.sqlite');
  const first = await Journal.open(path);
  first.change('addQueue', 7, 'f', 'LATEST');
  await publish(first, 1, '1', 7);
  await publish(first, 2, '2', 7);
  first.change('retry', 5, 1, 0, 2);
  await first.close();
  await t.rejects(first.ask('queues'), { code: 'EngineClosed' });
  t.throws(() => first.publish({ kept: () => undefined, refused: () => undefined }, 3), { code: 'EngineClosed' });
  const second = await Journal.open(path);
  t.teardown(() => second.close());
  t.same(await second.ask('queues'), [[7, 'f', 'LATEST', 0, 2, 1]]);
});

t.test('a file that is no journal, or a newer one, is refused with what to do', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'journal.sqlite'), 'x'.repeat(8_192));
  await t.rejects(Journal.open(join(folder, 'journal.sqlite')), { code: 'DataDirDamaged', message: /copy of it/ });
  await t.rejects(Journal.open(join(folder, 'nowhere', 'journal.sqlite')), { code: 'DataDirUnusable' });
});

/** A process that publishes without end and writes down the number of each event that was kept. */
const publisher = `
  import { Journal } from ${JSON.stringify(new URL('../../lib/journal/journal.ts', import.meta.url).href)};
  const [path, first] = process.argv.slice(1);
  const journal = await Journal.open(path);
  let no = Number(first);
  const one = (no) => new Promise((kept, refused) =>
    journal.publish({ kept, refused }, no, 1, 0, 0, 0, 0, 0, JSON.stringify({ no, pad: 'x'.repeat(200) })));
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (;;) {
      const mine = no++;
      await one(mine);
      process.stdout.write(mine + '\\n');
    }
  }));
`;

async function publishUntilKilled(path: string, first: number, afterMs: number): Promise<number[]> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', publisher, path, String(first)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let told = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  await once(child, 'close');
  return told.slice(0, told.lastIndexOf('\n')).split('\n').map(Number);
}

t.test('events that were kept survive kill -9, again and again', async (t) => {
  const path = join(t.testdir(), 'journal.sqlite');
  const kept: number[] = [];
  for (let round = 0; round < 4; round++)
    kept.push(...(await publishUntilKilled(path, 1 + round * 1_000_000, 20 + round * 40)));
  const journal = await Journal.open(path);
  t.teardown(() => journal.close());
  const found = new Set(await numbers(journal));
  t.same(
    kept.filter((no) => !found.has(no)),
    [],
    'none of them is missing',
  );
  t.ok(kept.length > 16);
});

/** An executor whose disk fails while `broken`. */
class Faulty extends InPlace {
  broken = false;
  posted = 0;

  override post(group: Group): void {
    this.posted++;
    if (!this.broken) return super.post(group);
    this.onReply({ failure: { message: 'disk full', errcode: 13 }, answers: group.questions.map(() => []) });
  }
}

t.test('when the disk fails events are refused, and what must happen happens once it works again', async (t) => {
  const executor = new Faulty();
  const told: string[] = [];
  let recovered: () => void;
  const recovery = new Promise<void>((resolve) => {
    recovered = resolve;
  });
  const journal = new Journal(executor, {
    onStall: ({ code, message }) => told.push(`${code} ${message}`),
    onRecovery: () => recovered(),
  });
  t.teardown(() => journal.close());
  await Promise.all([publish(journal, 1), publish(journal, 2)]);
  executor.broken = true;
  await t.rejects(publish(journal, 3), { code: 'StoreFailed', message: /disk full/, retryable: true });
  t.equal(journal.stalled, undefined, 'nothing is left to be done');
  journal.change('end', 1);
  journal.change('retry', 5, 1, 0, 2);
  t.same(await journal.ask('queues'), [], 'questions are answered all the same');
  t.match(journal.stalled, { code: 'StoreFailed' });
  await t.rejects(publish(journal, 4), { code: 'StoreFailed' }, 'at once');
  journal.change('retry', 9, 2, 0, 2);
  executor.broken = false;
  await recovery;
  t.equal(journal.stalled, undefined);
  await publish(journal, 5);
  t.same(await numbers(journal), [5]);
  t.same(
    (await journal.ask('timed', [1, 0, 0, 9]))[0]?.slice(0, 5),
    [2, 9, 1_002, 0, 2],
    'the later change came later',
  );
  t.equal(told.length, 2, 'told once each time it began');
});

t.test('a big turn is written in several groups, in order', async (t) => {
  const executor = new Faulty();
  const journal = new Journal(executor);
  t.teardown(() => journal.close());
  const order: number[] = [];
  await Promise.all(Array.from({ length: 10_000 }, (_, no) => publish(journal, no + 1).then(() => order.push(no))));
  t.equal(executor.posted, 3);
  t.same(
    order,
    [...order].sort((a, b) => a - b),
  );
  t.equal((await numbers(journal)).length, 10_000);
});

t.test('a thread that ends under its work answers with a failure and is replaced by the next group', async (t) => {
  const executor = await OnThread.open(join(t.testdir(), 'journal.sqlite'));
  const reply = (group: unknown): Promise<Reply> =>
    new Promise((resolve) => {
      executor.onReply = resolve;
      executor.post(group as Group);
    });
  t.match(await reply('no group'), { failure: { message: /ended/ } });
  t.same(await reply({ changes: {}, questions: [{ name: 'queues', params: [], maxChars: 1 }] }), {
    failure: undefined,
    answers: [[]],
  });
  await executor.close();
});

t.test('from close on nothing is taken in, and nothing is tried again', async (t) => {
  let posts = 0;
  class Full extends InPlace {
    override post(group: Group): void {
      posts++;
      setImmediate(() => {
        this.onReply({ failure: { message: 'disk full', errcode: 13 }, answers: group.questions.map(() => []) });
      });
    }
  }
  const journal = new Journal(new Full());
  journal.change('end', 1);
  const asked = journal.ask('queues').catch((error: IsopodError) => error.code);
  const closing = journal.close();
  const late = journal.ask('queues').catch((error: IsopodError) => error.code);
  t.throws(() => journal.publish({ kept: () => undefined, refused: () => undefined }, 3), { code: 'EngineClosed' });
  await closing;
  t.same([await asked, await late], [[], 'EngineClosed']);
  const before = posts;
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(posts, before);
});
