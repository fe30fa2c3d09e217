/** `isopod instances` and `isopod provision`: the instances a host has of a function, and how many it is to keep. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { IsopodError } from '../errors.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import { type OutputOptions, printDone, printList, printOne } from './output.ts';

interface Options extends ConnectionOptions, OutputOptions {
  readonly qualifier?: string;
  readonly config?: string;
}

interface Listed {
  readonly instanceId: string;
  readonly versionId: string;
  readonly resourceMode: string;
  readonly lane: string;
  readonly openRequests: number;
  readonly memoryBytes: number;
  readonly createdTimeMs: number;
}

interface Provision {
  readonly functionArn: string;
  readonly defaultTarget?: number;
  readonly target: number;
  readonly current: number;
  readonly currentError?: string;
}

const API = '/2023-03-30';
const MOST_INSTANCES = 1_000;

const pathOf = (name: string, part: string, query: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${API}/functions/${encodeURIComponent(name)}/${part}?${new URLSearchParams(given)}`;
};

export function addInstanceCommands(program: Command, done: (code: number) => void): void {
  const command = (on: Command, usage: string, description: string): Command =>
    hostOptions(on.command(usage).description(description)).option('--qualifier <name>', 'LATEST or an alias');
  const run = async (options: Options, action: (at: Connection) => Promise<void>): Promise<void> => {
    const { connect } = await import('./connection.ts');
    await using at = await connect(options);
    await action(at);
    done(EXIT.ok);
  };

  command(program, 'instances <function>', 'list the instances of a function that run, provisioned ones first').action(
    (name: string, options: Options) =>
      run(options, async (at) => {
        const path = pathOf(name, 'instances', { qualifier: options.qualifier, limit: String(MOST_INSTANCES) });
        const { instances } = await at.json<{ instances: Listed[] }>('GET', path);
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
      }),
  );

  const provision = program.command('provision').description('instances that are kept, whether they are called or not');
  command(provision, 'set <function> [instances]', 'keep so many, or as --config says')
    .option('--config <json>', 'rules of a provision config: JSON text, or @file')
    .action((name: string, count: string | undefined, options: Options) =>
      run(options, async (at) => {
        const body = await configFrom(count, options.config);
        const path = pathOf(name, 'provision-config', { qualifier: options.qualifier });
        printOne({ ...(await at.json<Provision>('PUT', path, body)) }, options);
      }),
    );
  command(provision, 'show <function>', 'tell how many are to be there, are there, and why some are missing').action(
    (name: string, options: Options) =>
      run(options, async (at) => {
        const path = pathOf(name, 'provision-config', { qualifier: options.qualifier });
        const config = await at.json<Provision>('GET', path);
        if (config.functionArn !== '') return printOne({ ...config }, options);
        printDone(`Nothing is kept of ${name}.`, config as unknown as Record<string, unknown>, options);
      }),
  );
  command(provision, 'delete <function>', 'keep none any more').action((name: string, options: Options) =>
    run(options, async (at) => {
      await at.json('DELETE', pathOf(name, 'provision-config', { qualifier: options.qualifier }));
      printDone(`Nothing is kept of ${name} any more.`, { deleted: name }, options);
    }),
  );
  hostOptions(provision.command('list').description('list what is kept of all functions')).action((options: Options) =>
    run(options, async (at) => {
      const found: Provision[] = [];
      let next: string | undefined;
      do {
        const query = next === undefined ? '' : `&nextToken=${encodeURIComponent(next)}`;
        const page = await at.json<{ provisionConfigs: Provision[]; nextToken?: string }>(
          'GET',
          `${API}/provision-configs?limit=100${query}`,
        );
        found.push(...page.provisionConfigs);
        next = page.nextToken;
      } while (next !== undefined);
      const cells = {
        function: (of: Provision) => of.functionArn.replace(/^.*functions\//, ''),
        default: (of: Provision) => of.defaultTarget,
        target: (of: Provision) => of.target,
        current: (of: Provision) => of.current,
        'why not': (of: Provision) => of.currentError,
      };
      printList(found, cells, 'No instances are kept.', options);
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
