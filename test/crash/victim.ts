/**
 * The process that is killed: an engine, and producers that write down every acknowledgement. Arguments: dataDir, folder of
 * the logs, number of this start, seed, URL outcomes are posted to, `produce`, `drain` or `finish`. What is written to the logs is
 * there after a kill, because the system has it.
 */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine, type EngineOptions, type FunctionConfig } from '../../lib/index.ts';
import { type CrashEvent, KINDS, type Kind, kindFor, randomFrom } from './kinds.ts';

const [dataDir = '', logs = '', start = '', seed = '', url = '', mode = ''] = process.argv.slice(2);
/** Server of a cluster to be in. */
const nats = process.env.ISOPOD_CRASH_NATS;
const random = randomFrom(Number(seed) * 1_000 + Number(start));
const acknowledged = openSync(join(logs, 'acknowledged'), 'a');
const done = openSync(join(logs, 'done'), 'a');
const say = (what: string): void => void process.stdout.write(`${what}\n`);

const attempts = new Map<string, number>();
const log = {
  done: (id: string) => void writeSync(done, `${id}\n`),
  attempt: (id: string): number => {
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    return attempt;
  },
};

const SOURCES: Readonly<Record<Kind, string>> = {
  does: 'await log.done(event.id);',
  flaky: 'if ((await log.attempt(event.id)) <= 2) throw new Error("not yet"); await log.done(event.id);',
  tells: 'await log.done(event.id);',
  posts: 'throw new Error("never");',
  letters: 'throw new Error("never");',
  forwards: 'throw new Error("never");',
};
if (nats !== undefined) {
  // Attempts of one event are not all here.
  Object.assign(SOURCES, { flaky: 'if (Math.random() < 0.3) throw new Error("not yet"); await log.done(event.id);' });
}
const DESTINATIONS: Readonly<Partial<Record<Kind, object>>> = {
  tells: { onSuccess: { destination: url } },
  posts: { onFailure: { destination: url } },
  letters: { onFailure: { destination: 'dead-letter' } },
  forwards: { onFailure: { destination: 'functions/hears' } },
  // Fails for good now and then, by chance.
  ...(nats !== undefined && { flaky: { onFailure: { destination: 'functions/hears' } } }),
};

const engine = await started({
  dataDir,
  ...(nats !== undefined && { cluster: { nats, node: start, takeoverSeconds: 2, outbox: true } }),
  workers: 1,
  // Small, so that events overflow to disk and come back.
  queue: { capacity: 64 },
  logger: {
    info: () => undefined,
    warn: () => undefined,
    error: (message, facts) => say(`error ${message} ${JSON.stringify(facts)}`),
  },
});
/** An engine does not start while the server of its cluster is away. */
async function started(options: EngineOptions): Promise<Engine> {
  for (;;) {
    try {
      return await createEngine(options);
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'ClusterUnavailable') throw error;
    }
  }
}
const define = (functionName: string, body: string, more: Partial<FunctionConfig> = {}): Promise<unknown> =>
  engine.createFunction({
    functionName,
    code: { source: `export const handler = async (event, { bindings: { log } }) => { ${body} };` },
    timeout: 60,
    bindings: { log },
    ...more,
  });
await define('hears', 'await log.done(JSON.parse(event.requestPayload).id);');
for (const kind of KINDS) {
  const retries = { maxAsyncRetryAttempts: kind === 'flaky' ? 8 : 1, retryBackoffMs: 5, maxRetryBackoffMs: 50 };
  const destinationConfig = DESTINATIONS[kind] ?? {};
  await define(kind, SOURCES[kind], { asyncInvokeConfig: { ...retries, destinationConfig } });
}
say('ready');

/** Sends events without end; each is written down once it was acknowledged. */
async function produce(producer: number): Promise<never> {
  for (let at = 0; ; at++) {
    const event: CrashEvent = { id: `${start}-${producer}-${at}`, kind: kindFor(random()) };
    const dice = random();
    const taskId = dice < 0.1 ? `task-${event.id}` : undefined;
    const delaySeconds = dice > 0.95 ? 0.2 : 0;
    try {
      await engine.invokeAsync(event.kind, event, { taskId, delaySeconds });
    } catch (error) {
      // Not accepted, as far as its sender knows.
      if ((error as { readonly code?: string }).code !== 'ClusterUnavailable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    writeSync(acknowledged, `${event.kind} ${event.id}\n`);
  }
}

/** Waits until there is nothing left to do. */
async function drain(): Promise<void> {
  for (let left = 1; left > 0; ) {
    await engine.whenIdle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = engine.stats().functions.reduce((sum, { queued }) => sum + queued, 0);
    for (const kind of KINDS) left += (await engine.listDestinationDeliveries(kind)).deliveries.length;
  }
}

/** Tells what dead letters there are. */
async function tellLetters(): Promise<void> {
  for (let nextToken: string | undefined; ; ) {
    const page = await engine.listDeadLetters('letters', { limit: 100, nextToken });
    const letters = await Promise.all(page.deadLetters.map(({ id }) => engine.getDeadLetter('letters', id)));
    for (const { event } of letters) say(`letter ${(JSON.parse(event) as CrashEvent).id}`);
    nextToken = page.nextToken;
    if (nextToken === undefined) return;
  }
}

if (mode === 'produce') {
  await Promise.all(Array.from({ length: nats === undefined ? 32 : 8 }, (_, producer) => produce(producer)));
} else {
  await drain();
  if (mode === 'finish') await tellLetters();
  await engine.close();
  say('finished');
}
