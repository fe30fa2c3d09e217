/** `npm run bench -- ...`: runs the benchmarks and reports. One command per `action` below; `--help` lists them. */
import { Command } from 'commander';
import { makeReport } from './report/lines.ts';
import { printJson, printTable } from './report/table.ts';
import { findSuite, suiteNames } from './rig/find.ts';
import { load } from './rig/machine.ts';
import { runSuite } from './rig/run-suite.ts';

interface Options {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly rounds?: string;
  readonly only?: string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly minutes?: string;
  readonly strict?: boolean;
}

const say = (text: string): void => void process.stderr.write(`${text}${process.stderr.isTTY ? '\x1b[K\r' : '\n'}`);

async function run(names: string[], options: Options): Promise<void> {
  if (load() > 1.5) say(`Warning: the load average is ${load()}; figures may be noisy.`);
  for (const name of names.length > 0 ? names : suiteNames()) {
    const suite = await findSuite(name);
    if (suite.onRequest === true && names.length === 0) continue;
    const { result, left, file } = await runSuite(
      suite,
      {
        quick: options.quick === true,
        rounds: Number(options.rounds ?? (options.quick === true ? 1 : 3)),
        only: options.only,
        out: options.out,
        resume: options.resume === true,
        minutes: options.minutes === undefined ? undefined : Number(options.minutes),
        strict: options.strict === true,
      },
      say,
    );
    const report = makeReport(suite, result);
    (options.json === true ? printJson : printTable)(report);
    if (left > 0) say(`${left} runs are left: go on with --resume${options.out === undefined ? '' : ` --out ${file}`}`);
    else if (file !== undefined) say(`Kept in ${file}`);
  }
}

const program = new Command('bench')
  .description('Runs the benchmarks, each case in fresh processes that take turns, and reports.')
  .argument('[suites...]', suiteNames().join(', '))
  .option('--json', 'JSON lines instead of tables')
  .option('--quick', 'few samples, nothing kept: to see that it works, not to quote')
  .option('--rounds <n>', 'fresh processes per case (default: 3, with --quick 1)')
  .option('--only <case...>', 'these cases, or those whose name has all of these parts')
  .option('--out <file>', 'where the result is kept (default: benchmarks/results/<suite>.json)')
  .option('--resume', 'goes on with the result that is there; its runs are not made again')
  .option('--minutes <n>', 'no new case after so many minutes; go on with --resume')
  .option('--strict', 'stops when others keep using the machine, instead of marking the run as noisy')
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
