#!/usr/bin/env node
/** The `isopod` command: one file per subcommand, each loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { IsopodError } from '../errors.ts';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(`isopod needs Node.js 24 or newer; this is ${process.version}`);
  process.exit(3);
}

/** Exit codes: 0 all well, 1 the function failed, 2 wrong use, 3 the system failed. */
const EXIT = { caller: 2, function: 1, system: 3 } as const;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return value;
}

const collect = (value: string, all: string[]): string[] => [...all, value];

const program = new Command('isopod')
  .description('Runs serverless functions on V8 isolates inside one Node.js process.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.caller))
  .showHelpAfterError('(isopod --help tells more)');

program
  .command('run')
  .description('define a function, invoke it, print the result')
  .argument(
    '<path>',
    'folder or file with the function; a folder may declare it in the "isopod" field of its package.json',
  )
  .option('--handler <file.export>', 'the handler; default index.handler')
  .option('--data <json>', 'the event: JSON text, @file, or - for standard input')
  .option('--binary', 'take the event as bytes instead of JSON')
  .option('--async', 'invoke asynchronously, with retries, and print the outcome')
  .option('--times <n>', 'invoke this often, one after the other', positive, 1)
  .addOption(new Option('--lane <lane>', 'where the instance lives').choices(['auto', 'direct', 'worker']))
  .option('--timeout <seconds>', 'limit of one call', positive)
  .option('--memory <MB>', 'heap limit of one instance', positive)
  .option('--env <K=V>', 'environment variable; may be repeated', collect, [])
  .option('--json', 'print one JSON object with the result and what happened')
  .action(async (path: string, options: object) => {
    const { run } = await import('./run.ts');
    process.exitCode = await run(path, options);
  });

program
  .command('start')
  .description('deploy every function of a folder, invoke each, print what happened, keep serving')
  .argument('[dir]', 'folder of function folders', 'fixtures/functions')
  .option('--port <port>', 'port to listen on; 0 takes a free one', port, 9_000)
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--once', 'end after the table instead of serving')
  .action(async (dir: string, options: { port: number; host: string; once?: boolean }) => {
    const { start } = await import('./start.ts');
    process.exitCode = await start(dir, options);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof IsopodError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = EXIT[error.kind];
}
