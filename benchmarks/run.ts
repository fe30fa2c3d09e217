/** `npm run bench -- ...`: runs the benchmarks and reports. `--help` lists the commands, each an `action` below. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { installPeers, peersInstalled } from './compare/install.ts';
import { guard } from './guard/guard.ts';
import { diff, printDiff } from './report/diff.ts';
import { makeHtml } from './report/html.ts';
import { makeReport } from './report/lines.ts';
import { makeMarkdown } from './report/markdown.ts';
import { printJson, printTable } from './report/table.ts';
import { findSuite, suiteNames } from './rig/find.ts';
import { load } from './rig/machine.ts';
import { profileCase } from './rig/profile.ts';
import { type Result, readResult } from './rig/result.ts';
import { runRevisions } from './rig/revisions.ts';
import { chooseCases, type RunOptions, runSuite } from './rig/run-suite.ts';

interface Output {
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
}

interface Running {
  readonly quick?: boolean;
  readonly rounds?: string;
  readonly only?: string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly again?: boolean;
  readonly minutes?: string;
  readonly strict?: boolean;
  readonly repeats?: string;
}

const say = (text: string): void => void process.stderr.write(`${text}${process.stderr.isTTY ? '\x1b[K\r' : '\n'}`);

const runOptions = (options: Running): RunOptions => ({
  quick: options.quick === true,
  rounds: Number(options.rounds ?? (options.quick === true ? 1 : 3)),
  only: options.only,
  out: options.out,
  resume: options.resume === true || options.again === true,
  again: options.again === true,
  minutes: options.minutes === undefined ? undefined : Number(options.minutes),
  strict: options.strict === true,
  repeats: options.repeats === undefined ? undefined : Number(options.repeats),
});

async function output(result: Result, options: Output): Promise<void> {
  const report = makeReport(await findSuite(result.suite), result);
  (options.json === true ? printJson : printTable)(report);
  if (options.markdown !== undefined) writeFileSync(options.markdown, makeMarkdown(report));
  if (options.html !== undefined) writeFileSync(options.html, await makeHtml(report));
}

async function run(
  names: string[],
  options: Running & Output & { profile?: boolean; install?: boolean },
): Promise<void> {
  if (options.install === true) await installPeers(say);
  if (load() > 1.5) say(`Warning: the load average is ${load()}; figures may be noisy.`);
  for (const name of names.length > 0 ? names : suiteNames()) {
    const suite = await findSuite(name);
    if (suite.onRequest === true && names.length === 0) continue;
    if (name === 'compare' && !peersInstalled())
      say('No peers are installed, and only Isopod and Node.js will be measured: add --install (about 700 MB)');
    if (options.profile === true) {
      for (const each of chooseCases(suite, options.only))
        for (const file of await profileCase(suite, each, options.quick === true)) console.log(file);
      continue;
    }
    const { result, left, file } = await runSuite(suite, runOptions(options), say);
    await output(result, options);
    if (left > 0) say(`${left} runs are left: go on with --resume${options.out === undefined ? '' : ` --out ${file}`}`);
    else if (file !== undefined) say(`Kept in ${file}`);
  }
}

const running = (command: Command): Command =>
  command
    .option('--quick', 'few samples, nothing kept: to see that it works, not to quote')
    .option('--rounds <n>', 'fresh processes per case (default: 3, with --quick 1)')
    .option('--only <case...>', 'these cases, or those whose name has all of these parts')
    .option('--out <file>', 'where the result is kept (default: benchmarks/results/<suite>.json)')
    .option('--repeats <n>', 'how often a noisy run is made again before it is kept (default: 2)')
    .option('--strict', 'stops when others keep using the machine, instead of marking the run as noisy');

const outputs = (command: Command): Command =>
  command
    .option('--json', 'JSON lines instead of tables')
    .option('--html <file>', 'the report as one HTML file, too')
    .option('--markdown <file>', 'the figures as Markdown, too');

const program = new Command('bench').description(
  'Runs the benchmarks, each case in fresh processes that take turns, and reports.',
);

outputs(running(program.command('run', { isDefault: true })))
  .description('runs suites; of `compare`, also the peers that are installed')
  .argument('[suites...]', suiteNames().join(', '))
  .option('--resume', 'goes on with the result that is there; its runs are not made again')
  .option('--again', 'as --resume, and makes runs again that were noisy or failed')
  .option('--minutes <n>', 'no new case after so many minutes; go on with --resume')
  .option('--profile', 'leaves CPU profiles and flame graphs of the cases instead, in benchmarks/results/profiles')
  .option('--install', 'installs the peers of `compare` first, into benchmarks/compare/node_modules')
  .action(run);

outputs(program.command('show'))
  .description('reports results that were kept')
  .argument('<files...>')
  .action(async (files: string[], options: Output) => {
    for (const file of files) await output(readResult(file), options);
  });

program
  .command('diff')
  .description('two kept results of one suite beside each other, with 95% intervals')
  .argument('<before>')
  .argument('<after>')
  .option('--json', 'JSON lines instead of a table')
  .action(async (before: string, after: string, options: Output) => {
    const [a, b] = [readResult(before), readResult(after)];
    if (a.suite !== b.suite) throw new Error(`${before} is of the suite ${a.suite}, ${after} of ${b.suite}`);
    printDiff(a, b, diff(await findSuite(a.suite), a, b), options.json === true);
  });

running(program.command('ab'))
  .description('two revisions in processes that take turns; "." is this checkout with its changes')
  .argument('<before>', 'commit, branch or tag')
  .argument('<after>', 'the same')
  .argument('<suite>', suiteNames().join(', '))
  .option('--json', 'JSON lines instead of a table')
  .action(async (before: string, after: string, name: string, options: Running & Output) => {
    const suite = await findSuite(name);
    const [a, b] = await runRevisions(suite, [before, after], runOptions(options), say);
    for (const { case: each, failure } of [...a.runs, ...b.runs])
      if (failure !== undefined) say(`FAILED ${each}: ${failure}`);
    printDiff(a, b, diff(suite, a, b), options.json === true);
  });

program
  .command('peers')
  .description('installs the peers of `compare` and `http`, into benchmarks/compare/node_modules, and runs nothing')
  .action(() => installPeers(say));

program
  .command('guard')
  .description('hot paths against the limits of benchmarks/guard/limits.json; exit code 1 when one is broken')
  .option('--update', 'writes limits from what is seen')
  .action(async (options: { update?: boolean }) => {
    if (!(await guard(options.update === true, say))) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
