/** `isopod instances` and `isopod provision`: the instances a host has of a function, and how many it is to keep. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { IsopodError } from '../errors.ts';
import { all, command, type Item, type Options, path, print, queryOf, runWith } from './host-command.ts';
import { printDone, printList } from './output.ts';

interface Listed {
  readonly instanceId: string;
  readonly versionId: string;
  readonly resourceMode: string;
  readonly lane: string;
  readonly openRequests: number;
  readonly memoryBytes: number;
  readonly createdTimeMs: number;
}

const MOST_INSTANCES = 1_000;

export function addInstanceCommands(program: Command, done: (code: number) => void): void {
  const run = runWith(done);
  const qualified = (on: Command, usage: string, description: string): Command =>
    command(on, usage, description).option('--qualifier <name>', 'LATEST or an alias');
  const configPath = (name: string, { qualifier }: Options): string =>
    path('functions', name, 'provision-config') + queryOf({ qualifier });

  qualified(
    program,
    'instances <function>',
    'list the instances of a function that run, provisioned ones first',
  ).action((name: string, options: Options) =>
    run(options, async (at) => {
      const query = queryOf({ qualifier: options.qualifier, limit: MOST_INSTANCES });
      const { instances } = await at.json<{ instances: Listed[] }>('GET', path('functions', name, 'instances') + query);
      printList(
        instances,
        {
          instance: (of) => of.instanceId,
          version: (of) => (of.versionId === '0' ? 'LATEST' : of.versionId),
          mode: (of) => of.resourceMode,
          lane: (of) => of.lane,
          calls: (of) => of.openRequests,
          MB: (of) => (of.memoryBytes / 1_000_000).toFixed(1),
          since: (of) => new Date(of.createdTimeMs).toISOString(),
        },
        `${name} has no instances.`,
        options,
      );
      return undefined;
    }),
  );

  const provision = program.command('provision').description('instances that are kept, whether they are called or not');
  qualified(provision, 'set <function> [instances]', 'keep so many, or as --config says')
    .option('--config <json>', 'rules of a provision config: JSON text, or @file')
    .action((name: string, count: string | undefined, options: Options) =>
      run(options, async (at) => {
        const body = await configFrom(count, options.config as string | undefined);
        return print(options, await at.json('PUT', configPath(name, options), body));
      }),
    );
  qualified(provision, 'show <function>', 'tell how many are to be there, are there, and why some are missing').action(
    (name: string, options: Options) =>
      run(options, async (at) => {
        const config = await at.json<Item>('GET', configPath(name, options));
        if (config.functionArn !== '') return print(options, config);
        printDone(`Nothing is kept of ${name}.`, config, options);
        return undefined;
      }),
  );
  qualified(provision, 'delete <function>', 'keep none any more').action((name: string, options: Options) =>
    run(options, async (at) => {
      await at.json('DELETE', configPath(name, options));
      printDone(`Nothing is kept of ${name} any more.`, { deleted: name }, options);
      return undefined;
    }),
  );
  command(provision, 'list', 'list what is kept of all functions').action((options: Options) =>
    run(options, async (at) => {
      const cells = {
        function: (of: Item) => String(of.functionArn).replace(/^.*functions\//, ''),
        default: (of: Item) => of.defaultTarget as number | undefined,
        target: (of: Item) => Number(of.target),
        current: (of: Item) => Number(of.current),
        'why not': (of: Item) => of.currentError as string | undefined,
      };
      printList(await all(at, path('provision-configs'), 'provisionConfigs'), cells, 'No instances are kept.', options);
      return undefined;
    }),
  );
}

async function configFrom(count: string | undefined, config: string | undefined): Promise<object> {
  const target = count === undefined ? undefined : Number(count);
  if (target !== undefined && !(Number.isInteger(target) && target >= 0)) {
    throw new InvalidArgumentError(`${count} is no number of instances.`);
  }
  if (config === undefined && target === undefined) {
    throw new IsopodError('InvalidArgument', 'How many? Name a number of instances, or rules with --config');
  }
  let rules: unknown = {};
  try {
    if (config !== undefined)
      rules = JSON.parse(config.startsWith('@') ? await readFile(config.slice(1), 'utf8') : config);
  } catch (error) {
    throw new IsopodError('InvalidArgument', `--config: ${(error as Error).message}`);
  }
  return { ...(rules as object), ...(target !== undefined && { defaultTarget: target }) };
}
