/**
 * Neighbours: how an honest function's calls fare while 1, 4 or 16 others attack the same engine, and while as many honest
 * ones compute; how late a call is answered whose time is up; how soon a killed cell serves again; and what calls into cells
 * cost beside a plain thread pool.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { createEngine, type Engine, type Isolation } from '../../lib/index.ts';
import { inFlight, type Rows, type Suite, timeBlocks } from '../suite.ts';

const TIERS: readonly Isolation[] = ['thread', 'process'];
const COUNTS = [1, 4, 16];
/** Seconds an attacker's call may take; the honest load computes for most of it. */
const TIMEOUT = 0.2;
/** Milliseconds between two calls of the victim, and of one window whose p99 is a sample. */
const PULSE_MS = 4;
const WINDOW_MS = 1_500;

const KINDS: Readonly<Record<string, string>> = {
  'honest load': 'export const handler = () => { for (const end = Date.now() + 150; Date.now() < end; ); };',
  loops: 'export const handler = () => { for (;;); };',
  heaps: 'export const handler = () => { const all = []; for (;;) all.push([all.length]); };',
  maps: 'export const handler = () => { const map = new Map(); for (let n = 0; ; n++) map.set(n, { n }); };',
  buffers: 'export const handler = () => { const all = []; for (;;) all.push(new Uint8Array(1_000_000).fill(1)); };',
  microtasks: 'const more = () => Promise.resolve().then(more).then(more); export const handler = () => more();',
};
/** Loops nothing in the process can end: for cells only. */
const NATIVE = 'export const handler = () => String(7n ** 50_000_000n).length;';

const victim = 'export const handler = (event) => ({ id: event.id, name: event.name, count: event.items.length });';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** Milliseconds each call of the victim took that was made in a window. */
async function window(engine: Engine): Promise<number[]> {
  const took: number[] = [];
  const open: Promise<unknown>[] = [];
  for (const end = performance.now() + WINDOW_MS; performance.now() < end; ) {
    const began = performance.now();
    open.push(engine.invoke('victim', event).then(() => took.push(performance.now() - began)));
    await sleep(PULSE_MS);
  }
  await Promise.all(open);
  return took;
}

const beside =
  (tier: Isolation, kind: string, source: string, count: number) =>
  async (quick: boolean): Promise<Rows> => {
    await using engine = await createEngine({ workers: 2, cells: { max: 32 } });
    await engine.createFunction({ functionName: 'victim', isolation: tier, code: { source: victim }, timeout: 60 });
    for (let at = 0; at < 2_000; at++) await engine.invoke('victim', event);
    const name = `${tier}: ${count} ${kind}`;
    const rows: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
    let over = false;
    const attackers = Array.from({ length: count }, async (_, at) => {
      const functionName = `attacker${at}`;
      const declared = { timeout: TIMEOUT, memorySize: 32, isolation: tier };
      await engine.createFunction({ functionName, ...declared, code: { source } });
      while (!over) await engine.invoke(functionName).catch(() => sleep(1));
    });
    for (let round = -1; round < (quick ? 1 : 4); round++) {
      const took = await window(engine);
      if (round < 0) continue;
      rows.p50.push(quantile(took, 0.5));
      rows.p99.push(quantile(took, 0.99));
    }
    over = true;
    await Promise.all(attackers);
    return { [`${name}, p50`]: rows.p50, [`${name}, p99`]: rows.p99 };
  };

/** Milliseconds from a deadline to the answer, of calls that loop and of calls that await. */
const overrun =
  (tier: Isolation) =>
  async (quick: boolean): Promise<Rows> => {
    await using engine = await createEngine({ workers: 2 });
    const source =
      'export const handler = (loop) => { while (loop); return loop === null ? 0 : new Promise(() => {}); };';
    await engine.createFunction({ functionName: 'f', isolation: tier, code: { source }, timeout: TIMEOUT });
    const rows: Rows = {};
    for (const loops of [true, false]) {
      const late: number[] = [];
      for (let at = 0; at < (quick ? 5 : 30); at++) {
        await engine.invoke('f', null).catch(() => undefined);
        const began = performance.now();
        await engine.invoke('f', loops).catch(() => undefined);
        late.push(performance.now() - began - TIMEOUT * 1_000);
      }
      rows[`${tier}: deadline to answer, ${loops ? 'a loop' : 'an await'}`] = late;
    }
    return rows;
  };

/** The cells of this process. */
function cells(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('cell/main');
      } catch {
        return false;
      }
    });
}

/**
 * Milliseconds from the death of a cell, alone or with the one that stands ready, to the next answer. An engine each: a function
 * whose cells end again and again would wait longer and longer.
 */
async function killed(quick: boolean): Promise<Rows> {
  const back: { one: number[]; all: number[] } = { one: [], all: [] };
  for (const which of ['one', 'all'] as const) {
    for (let at = 0; at < (quick ? 2 : 10); at++) {
      await using engine = await createEngine({ workers: 0 });
      await engine.createFunction({ functionName: 'f', isolation: 'process', code: { source: victim }, timeout: 60 });
      await engine.invoke('f', event);
      await sleep(1_000);
      const began = performance.now();
      // The first is the function's, the second stands ready.
      for (const pid of which === 'one' ? cells().slice(0, 1) : cells()) process.kill(pid, 'SIGKILL');
      while ((await engine.invoke('f', event).catch(() => undefined)) === undefined);
      back[which].push(performance.now() - began);
    }
  }
  return { 'killed cell, back after': back.one, 'all cells killed, back after': back.all };
}

const OPEN = 64;

async function cellCalls(quick: boolean): Promise<Rows> {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', isolation: 'process', code: { source: victim }, timeout: 60 });
  for (let at = 0; at < 2_000; at++) await engine.invoke('f', event);
  const calls = quick ? 1_000 : 20_000;
  const one = (): Promise<unknown> => engine.invoke('f', event);
  return { 'process, 64 in flight': await timeBlocks(calls, quick ? 3 : 20, (count) => inFlight(OPEN, count, one)) };
}

async function piscinaCalls(quick: boolean): Promise<Rows> {
  const pool = new Piscina({ filename: new URL('../workers/plain.mjs', import.meta.url).href });
  const calls = quick ? 200 : 4_000;
  const one = (): Promise<unknown> => pool.run(event);
  const rows = {
    'piscina, 64 in flight': await timeBlocks(calls, quick ? 3 : 20, (count) => inFlight(OPEN, count, one)),
  };
  await pool.destroy();
  return rows;
}

const cases: Record<string, Suite['cases'][string]> = {
  killed,
  'process calls': cellCalls,
  'piscina calls': piscinaCalls,
};
const baselines: Record<string, string> = { 'process, 64 in flight': 'piscina, 64 in flight' };
const targets: Suite['targets'][number][] = [
  { row: 'killed cell, back after', max: 500, says: 'a killed cell is back in under 500 ms' },
  { row: 'all cells killed, back after', max: 500, says: 'a killed cell is back in under 500 ms, without a spare' },
  { row: 'process, 64 in flight', against: 'piscina, 64 in flight', max: 0.4, says: 'at least 2.5x piscina' },
];
for (const tier of TIERS) {
  cases[`overrun ${tier}`] = overrun(tier);
  for (const how of ['a loop', 'an await'])
    targets.push({ row: `${tier}: deadline to answer, ${how}`, max: 50, says: 'under 50 ms' });
  const kinds = tier === 'thread' ? KINDS : { ...KINDS, 'native loops': NATIVE };
  for (const [kind, source] of Object.entries(kinds)) {
    for (const count of COUNTS) {
      cases[`${tier} ${count} ${kind}`] = beside(tier, kind, source, count);
      if (kind === 'honest load') continue;
      for (const part of ['p50', 'p99'])
        baselines[`${tier}: ${count} ${kind}, ${part}`] = `${tier}: ${count} honest load, ${part}`;
      targets.push({
        row: `${tier}: ${count} ${kind}, p99`,
        against: `${tier}: ${count} honest load, p99`,
        max: 3,
        says: 'p99 at most 3x that beside an equal honest load',
      });
    }
  }
}

export const neighbours: Suite = {
  name: 'neighbours',
  unit: 'ms',
  unitOf: (row) => (row.endsWith('in flight') ? 'µs/call' : undefined),
  baseline: '',
  baselines,
  cases,
  targets,
  onRequest: true,
};
