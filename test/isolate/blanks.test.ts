/** Isolates that are ready before a function wants them. */
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { Blanks } from '../../lib/isolate/blanks.ts';
import { acquireThreadHost, releaseThreadHost } from '../../lib/isolate/host.ts';
import type { Restored } from '../../lib/isolate/restore.ts';

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What an isolate is, as far as blanks know. */
function fake(): { restored: Restored; disposed: () => boolean } {
  let disposed = false;
  const isolate = {
    get isDisposed() {
      return disposed;
    },
    dispose: () => {
      disposed = true;
    },
  };
  return { restored: { isolate, context: {} } as unknown as Restored, disposed: () => disposed };
}

t.test('a blank is made a while after it is expected, and taken once, by its kind', async (t) => {
  const blanks = new Blanks();
  const { restored } = fake();
  blanks.expect('a', () => restored);
  t.equal(blanks.take('a'), undefined, 'not at once');
  await until(() => blanks.isReady);
  t.equal(blanks.take('b'), undefined);
  t.equal(blanks.take('a'), restored);
  t.equal(blanks.take('a'), undefined);
  blanks.close();
});

t.test('one is kept: another kind takes its place, and the end takes it', async (t) => {
  const blanks = new Blanks();
  const [one, two] = [fake(), fake()];
  blanks.expect('a', () => one.restored);
  await until(() => blanks.isReady);
  blanks.expect('b', () => two.restored);
  await until(() => one.disposed());
  t.equal(two.disposed(), false);
  blanks.close();
  t.equal(two.disposed(), true);
});

t.test('one that cannot be made, or has ended, is none', async (t) => {
  const blanks = new Blanks();
  let tried = false;
  blanks.expect('a', () => {
    tried = true;
    throw new Error('no memory');
  });
  await until(() => tried);
  t.equal(blanks.take('a'), undefined);
  const { restored } = fake();
  blanks.expect('a', () => restored);
  await until(() => blanks.isReady);
  restored.isolate.dispose();
  t.equal(blanks.take('a'), undefined);
  blanks.close();
});

t.test('functions start in blanks of their memory, each with globals of its own', async (t) => {
  const host = acquireThreadHost();
  t.teardown(() => releaseThreadHost());
  await using engine = await createEngine({ workers: 0 });
  const taken: boolean[] = [];
  const take = host.blanks.take.bind(host.blanks);
  host.blanks.take = (kind) => {
    const restored = take(kind);
    taken.push(restored !== undefined);
    return restored;
  };
  const source =
    'globalThis.seen = (globalThis.seen ?? 0) + 1; export const handler = (e, c) => [seen, c.function.name, c.function.memory];';
  for (const [functionName, memorySize] of Object.entries({ a: 128, b: 128, c: 64, d: 64 })) {
    const code = { source };
    await engine.createFunction({ functionName, memorySize, lane: 'direct', snapshot: 'never', timeout: 60, code });
    t.same(await engine.invoke(functionName), [1, functionName, memorySize]);
    // One of another memory is replaced in a while.
    await until(() => host.blanks.isReady && !host.blanks.isExpecting);
  }
  t.same(taken, [false, true, false, true]);
});
