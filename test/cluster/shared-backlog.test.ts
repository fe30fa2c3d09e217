/** Events and their tasks, where the server answers in an order of its own. */
import type { JsMsg } from '@nats-io/jetstream';
import t from 'tap';
import type { EventStream } from '../../lib/cluster/event-stream.ts';
import type { PerFunction } from '../../lib/cluster/per-function.ts';
import { SharedBacklog } from '../../lib/cluster/shared-backlog.ts';
import { SharedTasks, type StoredTask } from '../../lib/cluster/shared-tasks.ts';
import { TaskRecord } from '../../lib/outcome/task-record.ts';

/** A stream with one consumer; what is published arrives when `deliver` says so, and is acknowledged on `acknowledgePublished`. */
function streamOfOne() {
  const published: Uint8Array[] = [];
  const inHand = new Set<JsMsg>();
  const arrivals: ((messages: JsMsg[]) => void)[] = [];
  const given: (number | undefined)[] = [];
  const kept = Promise.withResolvers<void>();
  let seq = 0;
  const stream = {
    inHand,
    mostBytes: 1_000_000,
    publish: (_function: string, _qualifier: string, bytes: Uint8Array) => {
      published.push(bytes);
      return kept.promise;
    },
    stop: () => undefined,
    consumer: async () => ({
      fetch: async () => {
        const { promise, resolve } = Promise.withResolvers<JsMsg[]>();
        arrivals.push(resolve);
        return Object.assign(
          (async function* () {
            yield* await promise;
          })(),
          { close: async () => undefined },
        );
      },
    }),
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    stream: stream as unknown as EventStream,
    given,
    acknowledgePublished: () => kept.resolve(),
    async deliver(): Promise<void> {
      while (arrivals.length === 0) await turn();
      const data = published.at(-1) as Uint8Array;
      const message = { data, seq: ++seq, ack: () => undefined, nak: (ms?: number) => given.push(ms) };
      arrivals.shift()?.([message as unknown as JsMsg]);
      await turn();
    },
  };
}

function setUp() {
  const documents = new Map<string, StoredTask>();
  const tasks = new SharedTasks({
    get: async (_: string, id: string) => documents.get(id),
    put: async (_: string, id: string, value: StoredTask) => void documents.set(id, value),
    change: async (_: string, id: string, make: (found: StoredTask) => StoredTask | undefined) => {
      const found = documents.get(id);
      const made = found && make(found);
      if (made !== undefined) documents.set(id, made);
    },
  } as unknown as PerFunction<StoredTask>);
  const one = streamOfOne();
  const backlog = new SharedBacklog({
    functionName: 'f',
    qualifier: 'LATEST',
    onReady: () => undefined,
    free: () => 10,
    stream: one.stream,
    outbox: undefined,
    tasks,
    isDraining: () => false,
  });
  const task = new TaskRecord(1, 'f', 'LATEST', 'one', 'r1', Date.now());
  return { ...one, documents, tasks, backlog, task };
}

t.test('an event that comes back before its publishing is acknowledged keeps its task here', async (t) => {
  const { backlog, tasks, task, deliver, acknowledgePublished } = setUp();
  t.teardown(() => backlog.close());
  backlog.wake();
  const publishing = backlog.publish(1, '{}', false, task, 0);
  tasks.add(task, '{}', false);
  await deliver();
  acknowledgePublished();
  await publishing;
  t.equal(backlog.take()?.task, task);
  t.equal(tasks.here('f', 'one'), task, 'so it can be stopped');
});

t.test('an event that another engine has taken takes its task along', async (t) => {
  const { backlog, tasks, task, acknowledgePublished } = setUp();
  const publishing = backlog.publish(1, '{}', false, task, 0);
  tasks.add(task, '{}', false);
  acknowledgePublished();
  await publishing;
  t.equal(tasks.here('f', 'one'), undefined);
});

t.test('an event that arrives before the document of its task waits for it', async (t) => {
  const { backlog, task, documents, tasks, given, deliver } = setUp();
  t.teardown(() => backlog.close());
  backlog.wake();
  void backlog.publish(1, '{"n":1}', false, task, 0);
  await deliver();
  t.equal(given.length, 1);
  t.equal(backlog.take(), undefined);
  tasks.add(task, '{"n":1}', false);
  tasks.release(task);
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(documents.has('one'));
  await deliver();
  t.match(backlog.take(), { text: '{"n":1}', task: { taskId: 'one' } });
});

t.test('a task whose event is elsewhere is told to stop in its document, and keeps its payload', async (t) => {
  const { tasks, task, documents } = setUp();
  tasks.add(task, '{"n":1}', false);
  tasks.release(task);
  await new Promise((resolve) => setImmediate(resolve));
  const found = await tasks.findOpen('f', 'one');
  if (found !== undefined) tasks.enter(found, 'Stopping');
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(tasks.here('f', 'one'), undefined, 'it is not this engine that knows of it');
  t.match(await tasks.get('f', 'one'), { status: 'Stopping', taskPayload: '{"n":1}' });
  t.equal(documents.size, 1);
});

t.test('a task that has ended is not stopped, also when somebody read it before', async (t) => {
  const { tasks, task } = setUp();
  tasks.add(task, '{}', false);
  await new Promise((resolve) => setImmediate(resolve));
  const read = TaskRecord.ofRow('f', [1, 'LATEST', 'one', 'Running', task.started, 0, 1, task.facts, 0, '{}', null]);
  const ending = tasks.finish(task, 'Stopped', undefined, undefined);
  t.equal(await tasks.findOpen('f', 'one'), undefined, 'its end is on its way to the document');
  await ending;
  tasks.enter(read, 'Stopping');
  await new Promise((resolve) => setImmediate(resolve));
  t.match(await tasks.get('f', 'one'), { status: 'Stopped' });
});
