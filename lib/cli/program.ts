/** Commands and their options; each command is one file, loaded when it is called. */
import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';
import { toIsopodError } from '../errors.ts';
import { ApiFailure } from './api-failure.ts';
import { addAsyncCommands } from './async.ts';
import type { CheckOptions } from './check.ts';
import { addClusterCommands } from './cluster.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { addConfigCommands } from './config.ts';
import type { DevOptions } from './dev.ts';
import { EXIT, exitCodeOf, exitCodeOfStatus } from './exit-codes.ts';
import { addFunctionCommands } from './functions.ts';
import { addInspectCommand } from './inspect.ts';
import { addInstanceCommands } from './instances.ts';
import { addLogsCommand } from './logs.ts';
import { port, positive, variable, whole } from './option-values.ts';
import { printError } from './print-error.ts';
import type { RunOptions } from './run.ts';
import type { ServeOptions } from './serve.ts';
import { addSettings } from './server-settings.ts';
import type { StartOptions } from './start.ts';
import { TEMPLATES } from './templates.ts';
import { addTenantCommands } from './tenant.ts';
import { addTriggerCommands } from './trigger.ts';

/** That of Node.js' own inspector, where debuggers look by themselves. */
const INSPECT_PORT = 9_229;

/** Runs the command line and resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof ApiFailure) {
      console.error(`${error.code}: ${error.message}`);
      return exitCodeOfStatus(error.status);
    }
    const failure = toIsopodError(error);
    printError(failure);
    if (failure.code === 'InternalError' && error instanceof Error) console.error(error.stack);
    return exitCodeOf(failure);
  }
  return code;
}

/** `done` is told the exit code of the command that ran. */
export function makeProgram(done: (code: number) => void): Command {
  const program = new Command('isopod')
    .description('Runs serverless functions on V8 isolates inside one Node.js process.')
    .version(version())
    .exitOverride();

  program
    .command('run')
    .description('define a function, invoke it, print its result')
    .argument(
      '<path>',
      'folder, zip or single file; the "isopod" field of a folder\'s package.json declares the function',
    )
    .option('--handler <file.export>', 'the handler; default index.handler')
    .option('--data <json>', 'the event: JSON text, @file, or - for standard input; none by default')
    .option('--binary', 'take the event as bytes instead of JSON')
    .option('--async', 'invoke asynchronously, with retries, and print what became of it')
    .option('--times <n>', 'invoke this often, one call after the other', whole, 1)
    .addOption(new Option('--lane <lane>', 'where the instance lives').choices(['auto', 'direct', 'worker']))
    .option('--timeout <seconds>', 'limit of one call', positive)
    .option('--memory <MB>', 'heap limit of one instance', positive)
    .option('--env <K=V>', 'environment variable of the function; may be repeated', variable, {})
    .option('--json', 'print one JSON object with the result and what is known of the call')
    .action(async (path: string, options: RunOptions) => {
      const { run } = await import('./run.ts');
      done(await run(path, options));
    });

  program
    .command('check')
    .description("say before deployment what of a function's code works inside an isolate")
    .argument('<path>', 'folder, zip or single file, as for run')
    .option('--handler <file.export>', 'the handler; default index.handler')
    .option('--json', 'print the report as one JSON object')
    .action(async (path: string, options: CheckOptions) => {
      const { check } = await import('./check.ts');
      done(await check(path, options));
    });

  addSettings(
    program
      .command('serve')
      .description('serve the Function Compute and Lambda APIs to many tenants')
      .argument('[dir]', 'folder of function folders to deploy into the default tenant')
      .option('--config <file>', 'JSON file with settings, by name (env ISOPOD_CONFIG)'),
  ).action(async (dir: string | undefined, options: ServeOptions) => {
    const { serve } = await import('./serve.ts');
    done(await serve(dir, options));
  });

  program
    .command('start')
    .description('deploy every function of a folder, invoke each, print a table of what happened, keep serving')
    .argument('[dir]', 'folder of function folders', 'fixtures/functions')
    .option('--port <port>', 'port to listen on; 0 takes a free one', port, 9_000)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--once', 'end after the table instead of serving')
    .action(async (dir: string, options: StartOptions) => {
      const { start } = await import('./start.ts');
      done(await start(dir, options));
    });

  program
    .command('dev')
    .description('serve functions while they are written: every change takes over as soon as it is built')
    .argument('[dir]', 'a function, or a folder of function folders', '.')
    .option('--port <port>', 'port to listen on; 0 takes a free one', port, 9_000)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--inspect [port]', 'let debuggers look into the functions, on this port; 9229 where none is named', port)
    .action(async (dir: string, { inspect, ...rest }: Omit<DevOptions, 'inspect'> & { inspect?: number | true }) => {
      const options = { ...rest, inspect: inspect === true ? INSPECT_PORT : inspect };
      const { dev } = await import('./dev.ts');
      done(await dev(dir, options));
    });

  program
    .command('init')
    .description(
      `begin a project: ${Object.entries(TEMPLATES)
        .map(([name, { says }]) => `${name} (${says})`)
        .join(', ')}`,
    )
    .argument('<template>', Object.keys(TEMPLATES).join(', '))
    .argument('[dir]', 'folder to write to; made when it is not there', '.')
    .action(async (template: string, dir: string) => {
      const { init } = await import('./init.ts');
      done(await init(template, dir));
    });

  addFunctionCommands(program, done);
  addConfigCommands(program, done);
  addInstanceCommands(program, done);
  addInspectCommand(program, done);
  addAsyncCommands(program, done);
  addTenantCommands(program, done);
  addTriggerCommands(program, done);
  addClusterCommands(program, done);
  addLogsCommand(program, done);
  program
    .command('completion')
    .description('print a script that completes commands and options: source <(isopod completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
  hintAtHelp(program, program.name());
  return program;
}

/** What follows a wrong use: the help of the command that was meant. */
function hintAtHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help tells more)`);
  for (const below of command.commands) hintAtHelp(below, `${path} ${below.name()}`);
}

/** Both lib/cli and dist/cli are two folders below the package. */
function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
