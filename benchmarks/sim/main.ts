/**
 * `npm run sim`: the pool's deciders over hours of calls of many functions, in virtual time, under several policies. With
 * `cluster` as the first argument it is the cluster's routing (cluster.ts).
 */
import { Command } from 'commander';
import { profiles } from './functions.ts';
import type { Told } from './outcome.ts';
import { POLICIES } from './policies.ts';
import { type Columns, printTable } from './print-table.ts';
import { simulate } from './simulate.ts';
import { traceNames, traceOf } from './traces.ts';

interface Options {
  readonly functions: string;
  readonly trace: string[];
  readonly minutes: string;
  readonly warmUp?: string;
  readonly budget: string;
  readonly load: string;
  readonly seed: string;
  readonly policy: string[];
  readonly json?: boolean;
}

const known = POLICIES.map(({ name, says }) => `  ${name.padEnd(16)}  ${says}`).join('\n');
const program = new Command('sim')
  .description("Runs the pool's own deciders over traces in virtual time, and compares policies.")
  .option('--functions <n>', 'functions there are', '10000')
  .option(
    '--trace <name...>',
    `${traceNames.join(', ')}, or a CSV file in the form of the Azure Functions Trace 2019`,
    ['azure2019'],
  )
  .option('--minutes <n>', 'how long, in virtual time', '60')
  .option('--warm-up <n>', 'minutes that are not counted; a sixth of all by default')
  .option('--budget <MB>', 'memory instances may hold', '2000')
  .option('--load <x>', 'calls, as a multiple of what the trace has', '1')
  .option('--seed <n>', 'another course of chance', '1')
  .option(
    '--policy <name...>',
    'these policies only',
    POLICIES.map(({ name }) => name),
  )
  .option('--json', 'one JSON line for each policy')
  .addHelpText('after', `\nPolicies:\n${known}`)
  .addHelpText(
    'after',
    '\n`npm run sim -- cluster` compares where the calls of a cluster go; it has options of its own.',
  )
  .parse(process.argv[2] === 'cluster' ? [] : process.argv);

const options = program.opts<Options>();

function number(name: 'functions' | 'minutes' | 'warmUp' | 'budget' | 'load' | 'seed', least: number): number {
  const value = Number(options[name]);
  if (value >= least) return value;
  throw new Error(`--${name}: ${options[name]} must be a number, ${least} or more`);
}

async function run(): Promise<void> {
  const asked = { minutes: number('minutes', 1), load: number('load', 0.001), seed: number('seed', 0) };
  const functions = Math.floor(number('functions', 1));
  const budgetMB = number('budget', 1);
  const warmUpMs = (options.warmUp === undefined ? asked.minutes / 6 : number('warmUp', 0)) * 60_000;
  for (const name of options.policy) {
    if (!POLICIES.some((policy) => policy.name === name)) throw new Error(`--policy: ${name} is none of:\n${known}`);
  }
  for (const name of options.trace) {
    const trace = await traceOf(name, { ...asked, functions });
    const all = profiles(trace.functions, asked.seed);
    const told: Told[] = [];
    for (const policy of POLICIES.filter((one) => options.policy.includes(one.name))) {
      const began = performance.now();
      const one = simulate(trace, all, policy, { budgetMB, warmUpMs, seed: asked.seed });
      const seconds = (performance.now() - began) / 1_000;
      told.push(one);
      if (options.json === true) {
        const { minutes, load, seed } = asked;
        console.log(JSON.stringify({ trace: name, functions: trace.functions, minutes, load, seed, budgetMB, ...one }));
      } else {
        console.error(`${name}, ${policy.name}: ${one.calls} calls in ${seconds.toFixed(1)} s`);
      }
    }
    if (options.json !== true)
      printTable(`${name}: ${trace.functions} functions, ${asked.minutes} min, ${budgetMB} MB`, COLUMNS, told);
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;
const COLUMNS: Columns<Told> = {
  policy: ({ policy }) => policy,
  cold: ({ cold }) => percent(cold),
  queued: ({ queued }) => percent(queued),
  refused: ({ refused }) => percent(refused),
  'cold wait p50 ms': ({ coldWait }) => coldWait.p50.toFixed(2),
  'p99 ms': ({ coldWait }) => coldWait.p99.toFixed(1),
  'wait mean ms': ({ wait }) => wait.mean.toFixed(3),
  'p99.9 ms': ({ wait }) => wait.p999.toFixed(1),
  'held up': ({ heldUp }) => String(heldUp),
  'mean MB': ({ meanMB }) => meanMB.toFixed(0),
  GB·s: ({ gbSeconds }) => gbSeconds.toFixed(0),
  starts: ({ starts }) => String(starts),
  evicted: ({ evicted }) => String(evicted),
  idle: ({ idleEnded }) => String(idleEnded),
};

try {
  if (process.argv[2] === 'cluster') (await import('./cluster.ts')).main(process.argv.slice(3));
  else await run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
