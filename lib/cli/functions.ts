/** `isopod deploy`, `invoke`, `functions`, `versions` and `alias`: functions of a host, from the command line. */
import { type Command, InvalidArgumentError } from 'commander';
import { all, command, type Item, type Options, path, print, queryOf, runWith } from './host-command.ts';
import { variable } from './option-values.ts';
import { printDone, printList } from './output.ts';

export function addFunctionCommands(program: Command, done: (code: number) => void): void {
  const run = runWith(done);

  command(program, 'deploy <path>', 'send a folder, zip or file to a host: a new function, or new code of one')
    .option('--name <name>', 'name of the function; the folder says by default')
    .option('--runtime <runtime>', 'nodejs20, nodejs22.x, isopod, ...; default isopod')
    .option('--handler <file.export>', 'the handler; default index.handler')
    .option('--env <K=V>', 'environment variable; may be repeated', variable, {})
    .option('--publish', 'publish a version afterwards')
    .action((from: string, options: Options) =>
      run(options, async (at) => {
        const { deploy } = await import('./deploy.ts');
        const { deployed, version } = await deploy(at, from, options);
        if (options.json === true) return print(options, { ...deployed, ...(version && { version }) });
        const size = `${(Number(deployed.codeSize) / 1_000).toFixed(1)} kB`;
        console.log(
          `Deployed ${String(deployed.functionName)} (${size}) to ${at.name}${version === undefined ? '' : `, version ${version}`}.`,
        );
        return undefined;
      }),
    );

  command(program, 'invoke <function>', 'call a function of a host; the result goes to standard output')
    .option('--data <event>', 'the event: text, @file, or - for standard input')
    .option('--qualifier <name>', 'a version or an alias')
    .option('--async', 'queue the call instead of waiting for it')
    .option('--task-id <id>', 'name of an async call')
    .option('--log', 'print its log on standard error')
    .action((name: string, options: Options) =>
      run(options, async (at) => {
        const { invoke } = await import('./invoke.ts');
        return invoke(at, name, options);
      }),
    );

  const functions = program.command('functions').description('functions of a host');
  command(functions, 'list', 'list functions').action((options: Options) =>
    run(options, async (at) => {
      const cells = {
        name: (of: Item) => String(of.functionName),
        runtime: (of: Item) => String(of.runtime),
        MB: (of: Item) => Number(of.memorySize),
        'timeout s': (of: Item) => Number(of.timeout),
        'code kB': (of: Item) => (Number(of.codeSize) / 1_000).toFixed(1),
        changed: (of: Item) => String(of.lastModifiedTime),
      };
      printList(await all(at, path('functions'), 'functions'), cells, 'There are no functions.', options);
      return undefined;
    }),
  );
  command(functions, 'show <function>', 'tell what a function was declared as')
    .option('--qualifier <name>', 'a version or an alias')
    .action((name: string, options: Options) =>
      run(options, async (at) =>
        print(options, await at.json('GET', path('functions', name) + queryOf({ qualifier: options.qualifier }))),
      ),
    );
  command(functions, 'delete <function>', 'remove a function with its versions').action(
    (name: string, options: Options) =>
      run(options, async (at) => {
        await at.json('DELETE', path('functions', name));
        printDone(`The function ${name} is gone.`, { deleted: name }, options);
        return undefined;
      }),
  );

  const versions = program.command('versions').description('published versions of a function');
  command(versions, 'list <function>', 'list versions, newest first').action((name: string, options: Options) =>
    run(options, async (at) => {
      const cells = {
        version: (of: Item) => String(of.versionId),
        description: (of: Item) => String(of.description),
        created: (of: Item) => String(of.createdTime),
      };
      printList(
        await all(at, path('functions', name, 'versions'), 'versions'),
        cells,
        `${name} has no versions.`,
        options,
      );
      return undefined;
    }),
  );
  command(versions, 'publish <function>', 'keep code and configuration as they are now')
    .option('--description <text>', 'what it is')
    .action((name: string, options: Options) =>
      run(options, async (at) =>
        print(
          options,
          await at.json('POST', path('functions', name, 'versions'), { description: options.description }),
        ),
      ),
    );
  command(versions, 'delete <function> <version>', 'remove a version no alias points to').action(
    (name: string, version: string, options: Options) =>
      run(options, async (at) => {
        await at.json('DELETE', path('functions', name, 'versions', version));
        printDone(`Version ${version} of ${name} is gone.`, { deleted: version }, options);
        return undefined;
      }),
  );

  const alias = program.command('alias').description('names of versions, with weights');
  const withWeights = (on: Command): Command =>
    on
      .option('--weight <version=share>', 'share of the calls another version gets, 0-1; may be repeated', weight, {})
      .option('--description <text>', 'what it is for');
  const aliasBody = (options: Options) => ({
    ...(options.description !== undefined && { description: options.description }),
    ...(Object.keys(options.weight as object).length > 0 && { additionalVersionWeight: options.weight }),
  });
  withWeights(command(alias, 'create <function> <name> <version>', 'give a version a name')).action(
    (name: string, aliasName: string, versionId: string, options: Options) =>
      run(options, async (at) => {
        const body = { aliasName, versionId, ...aliasBody(options) };
        return print(options, await at.json('POST', path('functions', name, 'aliases'), body));
      }),
  );
  withWeights(command(alias, 'update <function> <name>', 'point it elsewhere, or change its weights'))
    .option('--version-id <version>', 'the main version')
    .option('--no-weights', 'take all weights away')
    .action((name: string, aliasName: string, options: Options) =>
      run(options, async (at) => {
        const body = {
          ...(options.versionId !== undefined && { versionId: options.versionId }),
          ...aliasBody(options),
          ...(options.weights === false && { additionalVersionWeight: {} }),
        };
        return print(options, await at.json('PUT', path('functions', name, 'aliases', aliasName), body));
      }),
    );
  command(alias, 'list <function>', 'list aliases').action((name: string, options: Options) =>
    run(options, async (at) => {
      const cells = {
        alias: (of: Item) => String(of.aliasName),
        version: (of: Item) => String(of.versionId),
        weights: (of: Item) => JSON.stringify(of.additionalVersionWeight).slice(1, -1).replaceAll('"', ''),
        description: (of: Item) => String(of.description),
      };
      printList(
        await all(at, path('functions', name, 'aliases'), 'aliases'),
        cells,
        `${name} has no aliases.`,
        options,
      );
      return undefined;
    }),
  );
  command(alias, 'delete <function> <name>', 'remove an alias; its versions stay').action(
    (name: string, aliasName: string, options: Options) =>
      run(options, async (at) => {
        await at.json('DELETE', path('functions', name, 'aliases', aliasName));
        printDone(`The alias ${aliasName} of ${name} is gone.`, { deleted: aliasName }, options);
        return undefined;
      }),
  );
}

function weight(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [version = '', share = ''] = text.split('=');
  const value = Number(share);
  if (!/^\d+$/.test(version) || share === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('It must look like 2=0.05: a version and its share, 0 to 1.');
  }
  return { ...before, [version]: value };
}
