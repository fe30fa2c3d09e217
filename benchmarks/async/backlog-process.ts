/** A step of `backlog.ts`: `fill`, `recover` or `memory`, the dataDir, how many events. Prints what it found, as JSON. */
import { createEngine, type Engine } from '../../lib/index.ts';
import { inFlight } from '../suite.ts';

const [mode, dataDir = '', many] = process.argv.slice(2);
const count = Number(many);
/** 300 bytes as JSON. */
const event = { id: 4_711, text: 'x'.repeat(279) };
const QUICK = { source: 'export const handler = ({ id }) => ({ id });' };
/** Events that are sent before the first is acknowledged. */
const AHEAD = 1_024;

let peakMB = 0;
const rssMB = (): number => process.memoryUsage.rss() / 1e6;
setInterval(() => {
  peakMB = Math.max(peakMB, rssMB());
}, 20).unref();

/** Declares a function that begins one event and never ends it, until it is let go. */
async function blocked(engine: Engine): Promise<() => void> {
  const gate = Promise.withResolvers<void>();
  await engine.createFunction({
    functionName: 'f',
    maxInstances: 1,
    timeout: 86_400,
    code: { source: 'export const handler = (event, { bindings }) => bindings.gate.opens();' },
    bindings: { gate: { opens: () => gate.promise } },
  });
  return gate.resolve;
}

async function fill(engine: Engine): Promise<number> {
  const began = performance.now();
  await inFlight(AHEAD, count, () => engine.invokeAsync('f', event));
  return count / ((performance.now() - began) / 1_000);
}

async function drain(engine: Engine): Promise<number> {
  const began = performance.now();
  await engine.whenIdle();
  return count / ((performance.now() - began) / 1_000);
}

const say = (facts: Readonly<Record<string, number>>): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);

if (mode === 'fill') {
  const engine = await createEngine({ dataDir, workers: 1 });
  await blocked(engine);
  const rate = await fill(engine);
  say({ 'acknowledged [events/s]': rate, 'memory when it is full [MB]': rssMB() });
} else if (mode === 'recover') {
  const began = performance.now();
  const engine = await createEngine({ dataDir, workers: 1 });
  const first = Promise.withResolvers<void>();
  const stop = engine.observe({ asyncEvent: ({ event: step }) => step === 'succeeded' && first.resolve() });
  await engine.createFunction({ functionName: 'f', code: QUICK });
  await first.promise;
  const seconds = (performance.now() - began) / 1_000;
  const recoveredMB = Math.max(peakMB, rssMB());
  const left = engine.stats().functions[0]?.queued ?? 0;
  if (left < count * 0.9) throw new Error(`Only ${left} events of ${count} were found`);
  stop();
  const rate = await drain(engine);
  say({
    'start to the first event done [s]': seconds,
    'most memory until then [MB]': recoveredMB,
    'drained after a kill [events/s]': rate,
    'most memory while drained, with what guests left [MB]': Math.max(peakMB, rssMB()),
  });
} else {
  const engine = await createEngine({ workers: 1, queue: { capacity: 2 ** 20, memoryMB: 1_024 } });
  const letGo = await blocked(engine);
  const rate = await fill(engine);
  const fullMB = rssMB();
  await engine.updateFunction('f', { code: QUICK, maxInstances: 100, timeout: 60 });
  letGo();
  const drained = await drain(engine);
  say({ 'accepted [events/s]': rate, 'memory when it is full [MB]': fullMB, 'drained [events/s]': drained });
}
// Killed by whoever reads the line.
setInterval(() => undefined, 60_000);
