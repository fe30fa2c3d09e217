/**
 * `npm run sim -- cluster`: where the calls of a cluster go, in virtual time: calls come to engines at random, as a load balancer
 * sends them, and each policy says which engine runs one. `warm-aware` is the cluster's own decider; all others decide by parts of
 * it. What engines know of each other is as old as their beats.
 */
import { Command } from 'commander';
import { type Candidate, routesFor } from '../../lib/cluster/routing.ts';
import { spread } from '../../lib/deployment/routing.ts';
import { VirtualClock } from './clock.ts';
import { type Columns, printTable } from './print-table.ts';
import { Random, Weighted } from './random.ts';

/** Milliseconds between two beats, a cold start, the hop to another engine and back. */
const BEAT_MS = 250;
const START_MS = 150;
const HOP_MS = 0.5;
/** An idle instance is kept for so long. */
const IDLE_MS = 600_000;
/** Calls an engine runs at full speed. */
const CORES = 8;

interface Options {
  readonly nodes: string;
  readonly functions: string;
  readonly minutes: string;
  readonly rate: string;
  readonly instances: string;
  readonly seed: string;
  readonly json?: boolean;
}

/** An engine: instances by function, those that idle longest first. */
class Node {
  readonly id: string;
  open = 0;
  instances = 0;
  /** When each idle instance was used last, oldest first. */
  readonly idle = new Map<number, number[]>();
  /** As the others know it. */
  told = { open: 0, warm: new Set<number>() };

  constructor(id: string) {
    this.id = id;
  }

  takeIdle(fn: number, now: number): boolean {
    const since = this.idle.get(fn);
    const at = since?.pop();
    if (since?.length === 0) this.idle.delete(fn);
    if (at === undefined) return false;
    if (now - at <= IDLE_MS) return true;
    this.instances--;
    return this.takeIdle(fn, now);
  }

  /** The function that was not called for longest gives an instance up. */
  evict(): boolean {
    const [oldest] = this.idle.keys();
    if (oldest === undefined) return false;
    const since = this.idle.get(oldest) as number[];
    since.shift();
    if (since.length === 0) this.idle.delete(oldest);
    this.instances--;
    return true;
  }

  release(fn: number, now: number): void {
    const since = this.idle.get(fn) ?? [];
    since.push(now);
    // Used last is last.
    this.idle.delete(fn);
    this.idle.set(fn, since);
  }
}

type Policy = (nodes: readonly Node[], entry: number, fn: number) => number;

const rank = (nodes: readonly Node[], fn: number): number => {
  let best = 0;
  let most = -1;
  for (const [at, { id }] of nodes.entries()) {
    const hash = spread(`${fn} ${id}`);
    if (hash > most) [best, most] = [at, hash];
  }
  return best;
};
const homes = new Map<number, number>();
const home = (nodes: readonly Node[], fn: number): number => {
  const known = homes.get(fn);
  if (known !== undefined) return known;
  const found = rank(nodes, fn);
  homes.set(fn, found);
  return found;
};
const routed = (nodes: readonly Node[], entry: number, fn: number, knowsWarm: boolean): number => {
  const candidates: Candidate[] = nodes.map(({ id, open, told }, at) => ({
    id,
    open: at === entry ? open : told.open,
    isWarm: knowsWarm && at !== entry && told.warm.has(fn),
  }));
  return Number(routesFor(`${fn}`, candidates)[0]);
};

const POLICIES: Readonly<Record<string, Policy>> = {
  random: (_nodes, entry) => entry,
  hash: (nodes, _entry, fn) => home(nodes, fn),
  'hash, bounded': (nodes, entry, fn) => routed(nodes, entry, fn, false),
  'warm-aware': (nodes, entry, fn) => ((nodes[entry] as Node).idle.has(fn) ? entry : routed(nodes, entry, fn, true)),
};

interface Told {
  readonly policy: string;
  readonly calls: number;
  readonly warm: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly busiest: number;
}

function simulate(policy: string, asked: Readonly<Record<keyof Omit<Options, 'json'>, number>>): Told {
  const random = new Random(asked.seed);
  const clock = new VirtualClock();
  const nodes = Array.from({ length: asked.nodes }, (_, at) => new Node(`${at}`));
  // Few functions have most of the calls.
  const weights = Float64Array.from({ length: asked.functions }, (_, at) => 1 / (at + 1) ** 0.9);
  const drawn = new Weighted(weights);
  const lengths = weights.map(() => random.logNormal(20, 1.2));
  const endAt = asked.minutes * 60_000;
  const warmUpMs = endAt / 4;
  const latencies: number[] = [];
  const taken = new Float64Array(asked.nodes);
  let warm = 0;

  const call = (): void => {
    const now = clock.now();
    clock.later(random.exponential(1_000 / asked.rate), call);
    const fn = drawn.draw(random);
    const entry = random.below(asked.nodes);
    const at = (POLICIES[policy] as Policy)(nodes, entry, fn);
    const node = nodes[at] as Node;
    node.open++;
    const isWarm = node.takeIdle(fn, now);
    if (!isWarm) {
      node.instances++;
      if (node.instances > asked.instances) node.evict();
    }
    // Beyond its cores an engine slows everything it runs down.
    const slow = Math.max(1, node.open / CORES);
    const ms = ((lengths[fn] as number) * (0.5 + random.next()) + (isWarm ? 0 : START_MS)) * slow;
    const hop = at === entry ? 0 : HOP_MS;
    if (now >= warmUpMs) {
      latencies.push(ms + hop);
      taken[at] = (taken[at] as number) + 1;
      if (isWarm) warm++;
    }
    clock.later(ms, () => {
      node.open--;
      if (node.instances > asked.instances) node.instances--;
      else node.release(fn, clock.now());
    });
  };
  const beat = (): void => {
    for (const node of nodes) node.told = { open: node.open, warm: new Set(node.idle.keys()) };
    clock.later(BEAT_MS, beat);
  };
  beat();
  call();
  clock.runUntil(endAt);
  latencies.sort((a, b) => a - b);
  const share = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0;
  const mean = latencies.length / asked.nodes;
  const [p50, p99, p999] = [share(0.5), share(0.99), share(0.999)];
  return {
    policy,
    calls: latencies.length,
    warm: warm / latencies.length,
    p50,
    p99,
    p999,
    busiest: Math.max(...taken) / mean,
  };
}

const COLUMNS: Columns<Told> = {
  policy: ({ policy }) => policy,
  calls: ({ calls }) => String(calls),
  warm: ({ warm }) => `${(warm * 100).toFixed(2)}%`,
  'p50 ms': ({ p50 }) => p50.toFixed(1),
  'p99 ms': ({ p99 }) => p99.toFixed(1),
  'p99.9 ms': ({ p999 }) => p999.toFixed(1),
  'busiest / mean': ({ busiest }) => busiest.toFixed(2),
};

export function main(argv: readonly string[]): void {
  const options = new Command('sim cluster')
    .description('Runs the cluster’s own routing over calls in virtual time, and compares policies.')
    .option('--nodes <n>', 'engines', '100')
    .option('--functions <n>', 'functions there are', '5000')
    .option('--rate <n>', 'calls a second in all', '2000')
    .option('--minutes <n>', 'how long, in virtual time; the first quarter is not counted', '10')
    .option('--instances <n>', 'instances an engine has room for', '400')
    .option('--seed <n>', 'another course of chance', '1')
    .option('--json', 'one JSON line for each policy')
    .parse([...argv], { from: 'user' })
    .opts<Options>();
  const number = (name: keyof Omit<Options, 'json'>): number => {
    const value = Number(options[name]);
    if (value > 0) return value;
    throw new Error(`--${name}: ${options[name]} must be a number above 0`);
  };
  const asked = {
    nodes: number('nodes'),
    functions: number('functions'),
    minutes: number('minutes'),
    rate: number('rate'),
    instances: number('instances'),
    seed: number('seed'),
  };
  const told: Told[] = [];
  for (const policy of Object.keys(POLICIES)) {
    const one = simulate(policy, asked);
    told.push(one);
    if (options.json === true) console.log(JSON.stringify({ ...asked, ...one }));
    else console.error(`${policy}: ${one.calls} calls`);
  }
  if (options.json === true) return;
  const { nodes, functions, rate, minutes } = asked;
  printTable(`${nodes} engines, ${functions} functions, ${rate} calls/s, ${minutes} min`, COLUMNS, told);
}
