/** `isopod config`: how a function of a host is set up, without its code. */
import { type Command, InvalidArgumentError } from 'commander';
import { IsopodError } from '../errors.ts';
import { ApiFailure } from './api-failure.ts';
import type { Connection } from './connection.ts';
import { command, type Item, type Options, path, print, runWith } from './host-command.ts';
import { variable, whole } from './option-values.ts';

/** What people set, in the order it is shown. */
const SHOWN = [
  'functionName',
  'description',
  'runtime',
  'handler',
  'memorySize',
  'timeout',
  'instanceConcurrency',
  'internetAccess',
  'environmentVariables',
  'layers',
  'instanceLifecycleConfig',
  'tags',
  'invocationRestriction',
] as const;

export function addConfigCommands(program: Command, done: (code: number) => void): void {
  const run = runWith(done);
  const config = program.command('config').description('how a function of a host is set up, without its code');
  command(config, 'show <function>', 'tell memory, timeout, variables, layers and the like').action(
    (name: string, options: Options) => run(options, async (at) => print(options, await configOf(at, name))),
  );
  command(config, 'set <function>', 'change what the options name; the next call runs with it')
    .option('--memory <MB>', 'heap limit of one instance', whole)
    .option('--timeout <seconds>', 'limit of one call', whole)
    .option('--concurrency <n>', 'calls one instance may have in progress', whole)
    .option('--runtime <runtime>', 'nodejs20, nodejs22.x, isopod, ...')
    .option('--handler <file.export>', 'the handler')
    .option('--description <text>', 'what it is')
    .option('--env <K=V>', 'environment variable; may be repeated, others stay', variable, {})
    .option('--unset <name>', 'take an environment variable away; may be repeated', more, [])
    .option('--layer <arn>', 'a layer; may be repeated, those of before go', more, [])
    .option('--no-layers', 'take all layers away')
    .option('--reserved <n>', 'sync calls at once through the API, or none for no limit', reserved)
    .option('--disable <reason>', 'refuse calls')
    .option('--enable', 'take calls again')
    .action((name: string, options: Options) =>
      run(options, async (at) => {
        await change(at, name, options);
        return print(options, await configOf(at, name));
      }),
    );
}

async function configOf(at: Connection, name: string): Promise<Item> {
  const declared = await at.json<Item>('GET', path('functions', name));
  const limit = await at
    .json<{ reservedConcurrency: number }>('GET', path('functions', name, 'concurrency'))
    .catch((error: unknown) => {
      if (error instanceof ApiFailure && error.code === 'ConcurrencyConfigNotFound') return undefined;
      throw error;
    });
  return {
    ...Object.fromEntries(SHOWN.flatMap((field) => (declared[field] === undefined ? [] : [[field, declared[field]]]))),
    ...(limit !== undefined && { reservedConcurrency: limit.reservedConcurrency }),
  };
}

async function change(at: Connection, name: string, options: Options): Promise<void> {
  const body = await changesIn(at, name, options);
  const { reserved: limit, disable, enable } = options;
  if (Object.keys(body).length === 0 && limit === undefined && disable === undefined && enable !== true) {
    throw new IsopodError('InvalidArgument', 'Nothing to change: name it by an option, such as --memory 256');
  }
  if (Object.keys(body).length > 0) await at.json('PUT', path('functions', name), body);
  const concurrency = path('functions', name, 'concurrency');
  if (limit === 'none') await at.json('DELETE', concurrency);
  else if (limit !== undefined) await at.json('PUT', concurrency, { reservedConcurrency: limit });
  if (enable === true) await at.json('POST', path('functions', name, 'invoke', 'enable'), {});
  else if (disable !== undefined)
    await at.json('POST', path('functions', name, 'invoke', 'disable'), { reason: disable });
}

async function changesIn(at: Connection, name: string, options: Options): Promise<Item> {
  const { memory, timeout, concurrency, runtime, handler, description, layer, layers } = options;
  const fields = {
    memorySize: memory,
    timeout,
    instanceConcurrency: concurrency,
    runtime,
    handler,
    description,
    layers: layers === false ? [] : (layer as string[]).length > 0 ? layer : undefined,
    environmentVariables: await variablesIn(at, name, options),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The host takes all variables at once, so those of before are asked for. */
async function variablesIn(at: Connection, name: string, { env, unset }: Options): Promise<object | undefined> {
  const added = env as Readonly<Record<string, string>>;
  const removed = unset as readonly string[];
  if (Object.keys(added).length === 0 && removed.length === 0) return undefined;
  const { environmentVariables = {} } = await at.json<{ environmentVariables?: object }>(
    'GET',
    path('functions', name),
  );
  const left = Object.entries(environmentVariables).filter(([key]) => !removed.includes(key));
  return { ...Object.fromEntries(left), ...added };
}

function reserved(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, or none.');
  }
  return value;
}

const more = (text: string, before: readonly string[]): string[] => [...before, text];
