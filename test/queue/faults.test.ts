/** Accepted events while disks are full, files damaged, folders shared and clocks wrong. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { createEngine, type Engine } from '../../lib/index.ts';
import { fakeClock } from '../../lib/testing.ts';
import { missing } from '../trigger/servers.ts';

const HEAR = { source: 'export const handler = (event, { bindings }) => bindings.test.hear(event);' };

const open = (dataDir: string): Promise<Engine> => createEngine({ dataDir, workers: 1 });

/** Declares `f`; returns what it hears. */
async function define(engine: Engine): Promise<unknown[]> {
  const heard: unknown[] = [];
  const bindings = { test: { hear: (event: unknown) => void heard.push(event) } };
  await engine.createFunction({ functionName: 'f', code: HEAR, bindings });
  return heard;
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

/**
 * A process with an engine, that does what its standard input says, and answers in lines: `send` events until one is
 * refused, send one `again` until it is accepted, `invoke`, keep a `few` for later, `finish`.
 */
const script = (dataDir: string): string => `
  import { createInterface } from 'node:readline';
  // Node.js ignores this signal, of files that grow too large; what the test runner puts into processes does not.
  process.on('SIGXFSZ', () => undefined);
  import { createEngine } from ${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)};
  const engine = await createEngine({ dataDir: ${JSON.stringify(dataDir)}, workers: 1 });
  const say = (...what) => process.stdout.write(what.join(' ') + '\\n');
  const done = [];
  const bindings = { test: { hear: (event) => void done.push(event.no) } };
  await engine.createFunction({ functionName: 'f', code: ${JSON.stringify(HEAR)}, bindings });
  await engine.createFunction({ functionName: 'adds', code: { source: 'export const handler = (event) => event + 1' } });
  await engine.invoke('f', { no: -1 });
  let no = 0;
  const kept = [];
  const send = async () => {
    const mine = no++;
    await engine.invokeAsync('f', { no: mine, text: 'x'.repeat(20_000) }, { delaySeconds: mine % 2 });
    kept.push(mine);
  };
  const orders = {
    async send() {
      try {
        for (;;) await send();
      } catch (error) {
        say('refused', error.code, error.retryAfterMs);
      }
    },
    async again() {
      for (;;) {
        try {
          await send();
          return say('accepted');
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    async invoke() {
      say('result', await engine.invoke('adds', 1));
    },
    async finish() {
      await engine.whenIdle();
      say('lost', kept.filter((one) => !done.includes(one)).length, 'of', kept.length);
      await engine.close();
      process.exit(0);
    },
    async few() {
      for (let left = 20; left > 0; left--) await engine.invokeAsync('f', { no: no++ }, { delaySeconds: 3_600 });
      say('kept', no);
    },
  };
  createInterface({ input: process.stdin }).on('line', (order) => orders[order]());
  say('ready');
`;

class Victim {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(dataDir: string) {
    this.child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script(dataDir)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) {
      if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
      throw new Error(`It ended with ${this.child.exitCode ?? this.child.signalCode}`);
    }
    return value as string;
  }

  ask(order: string): Promise<string> {
    this.child.stdin?.write(`${order}\n`);
    return this.line();
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

const skip = missing('prlimit', 'util-linux');
t.test('a disk that takes no more refuses events, ends nothing, and is used again when it can', { skip }, async (t) => {
  const victim = new Victim(join(t.testdir(), 'data'));
  t.teardown(() => victim.kill());
  t.equal(await victim.line(), 'ready');
  const limit = (bytes: string): void =>
    void execFileSync('prlimit', ['--pid', String(victim.child.pid), `--fsize=${bytes}:unlimited`]);
  limit('3000000');
  t.match(await victim.ask('send'), /^refused (StoreFailed|ResourceExhausted) \d+$/);
  t.equal(await victim.ask('invoke'), 'result 2', 'sync calls go on');
  limit('unlimited');
  t.equal(await victim.ask('again'), 'accepted');
  t.match(await victim.ask('finish'), /^lost 0 of \d+$/);
});

t.test('what a crash left half written at the end of the journal costs nothing that was acknowledged', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const victim = new Victim(dataDir);
  t.teardown(() => victim.kill());
  await victim.line();
  t.equal(await victim.ask('few'), 'kept 20');
  await t.rejects(open(dataDir), { code: 'DataDirInUse' }, 'another process has it');
  await victim.kill();
  const log = join(dataDir, 'journal.sqlite-wal');
  t.ok(existsSync(log));
  appendFileSync(log, Buffer.alloc(5_000, 'torn'));
  const engine = await open(dataDir);
  t.teardown(() => engine.close());
  t.same(engine.stats().undeclared, { f: 20 });
});

t.test('a journal that lost its end is refused, with what to do', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const engine = await open(dataDir);
  await define(engine);
  for (let no = 0; no < 50; no++) await engine.invokeAsync('f', 'x'.repeat(4_000), { delaySeconds: 3_600 });
  await engine.close();
  const file = join(dataDir, 'journal.sqlite');
  truncateSync(file, Math.floor(statSync(file).size / 2));
  await t.rejects(open(dataDir), { code: 'DataDirDamaged', message: /journal\.sqlite.*put back a copy/ });
});

t.test('a folder that cannot be written to is refused', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  mkdirSync(join(dataDir, 'journal.sqlite'), { recursive: true });
  await t.rejects(open(dataDir), { code: 'DataDirUnusable', message: /journal\.sqlite/ });
  // Nobody may make anything there, root neither.
  await t.rejects(open('/proc/isopod'), { code: 'DataDirUnusable' });
});

t.test('a clock that is set back, or years ahead, neither ends events nor keeps them', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  using clock = fakeClock(Date.UTC(2030, 0, 2));
  const first = await open(dataDir);
  await define(first);
  await first.putAsyncInvokeConfig('f', { maxAsyncEventAgeInSeconds: 7_200 });
  await first.invokeAsync('f', 'delayed', { delaySeconds: 1_800 });
  await first.close();
  clock[Symbol.dispose]();
  // A day earlier.
  using earlier = fakeClock(Date.UTC(2030, 0, 1));
  const second = await open(dataDir);
  t.teardown(() => second.close());
  earlier.watch(second);
  const heard = await define(second);
  // The journal answers in turn: after this the event is in memory.
  await second.listAsyncTasks('f');
  // The longest delay there is.
  await earlier.advance(3_600_000);
  while (heard.length === 0) await soon();
  t.same(heard, ['delayed'], 'it did not wait for the day to come again');
});

t.test("the machine's clock may jump while events wait", async (t) => {
  const engine = await open(join(t.testdir(), 'data'));
  t.teardown(() => engine.close());
  const heard = await define(engine);
  await engine.putAsyncInvokeConfig('f', { maxAsyncEventAgeInSeconds: 3_600 });
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  for (const years of [10, -10]) {
    await engine.invokeAsync('f', years, { delaySeconds: 0.05 });
    Date.now = () => now() + years * 365 * 86_400_000;
    while (heard.length === 0) await soon();
    t.same(heard.splice(0), [years]);
  }
});
