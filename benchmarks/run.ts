/** `npm run bench [-- <suite...>] [--json] [--rounds n] [--quick] [--only <case>]`: runs the benchmarks and reports. */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { report } from './report.ts';
import type { Rows, Suite } from './suite.ts';
import { suites } from './suites.ts';

interface Options {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly rounds: string;
  readonly only?: string;
}

const caseFile = fileURLToPath(new URL('./case.ts', import.meta.url));

/** One case in a fresh process. */
async function runCase(suite: Suite, name: string, quick: boolean): Promise<Rows> {
  const args = ['--expose-gc', '--no-warnings', caseFile, suite.name, name, quick ? 'quick' : 'full'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 100_000_000 });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as Rows;
}

/** Cases alternate, every other round in reverse, so that a slow spell of the machine hits all of them. */
async function runSuite(suite: Suite, options: Options): Promise<Rows> {
  const names = Object.keys(suite.cases).filter((name) => options.only === undefined || name === options.only);
  if (names.length === 0)
    throw new Error(`The suite ${suite.name} has no case "${options.only}": ${Object.keys(suite.cases).join(', ')}`);
  const rows: Rows = {};
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      process.stderr.write(`${suite.name} ${round + 1}/${options.rounds} ${name}\x1b[K\r`);
      const measured = await runCase(suite, name, options.quick === true);
      for (const [row, values] of Object.entries(measured)) rows[row] = [...(rows[row] ?? []), ...values];
    }
  }
  process.stderr.write('\x1b[K');
  return rows;
}

const program = new Command('bench')
  .argument('[suites...]', Object.keys(suites).join(', '))
  .option('--json', 'JSON lines instead of tables')
  .option('--quick', 'few samples: to see that it works, not to quote')
  .option('--rounds <n>', 'fresh processes per case', '3')
  .option('--only <case>', 'one case of the suite')
  .action(async (names: string[], options: Options) => {
    if (Number(loadavg()[0]) > 1.5)
      process.stderr.write(`Warning: the load average is ${loadavg()[0]?.toFixed(1)}; figures will be noisy.\n`);
    for (const name of names.length > 0 ? names : Object.keys(suites)) {
      const suite = suites[name];
      if (suite === undefined) throw new Error(`There is no suite "${name}": ${Object.keys(suites).join(', ')}`);
      report(suite, await runSuite(suite, options), options.json === true);
    }
  });

await program.parseAsync();
