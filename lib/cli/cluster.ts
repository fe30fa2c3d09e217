/** `isopod cluster status|drain|join`: the engines of a cluster, and taking one away without losing a call. */
import type { Command } from 'commander';
import type { ClusterOperations } from '../cluster/operations.ts';
import { IsopodError } from '../errors.ts';
import { clusterOptions } from './cluster-connection.ts';
import { EXIT } from './exit-codes.ts';
import { type OutputOptions, printDone, printList } from './output.ts';

type Options = OutputOptions & { readonly cluster?: string; readonly clusterName?: string; readonly wait?: boolean };

export function addClusterCommands(program: Command, done: (code: number) => void): void {
  const cluster = program.command('cluster').description('the engines of a cluster on NATS');
  const common = (command: Command): Command =>
    command
      .option('--cluster <servers>', 'NATS servers of the cluster, nats://host:4222 (env ISOPOD_CLUSTER)')
      .option('--cluster-name <name>', 'its name; default isopod (env ISOPOD_CLUSTER_NAME)')
      .option('--json', 'print JSON');

  common(cluster.command('status'))
    .description('list the engines with what they do')
    .action(async (options: Options) => {
      await withCluster(options, async (operations) => {
        printList(
          await operations.nodes(),
          {
            engine: ({ node }) => node,
            id: ({ id }) => id,
            state: ({ state }) => state,
            version: ({ version }) => version,
            'up for': ({ startedTime }) => `${Math.round((Date.now() - startedTime) / 1_000)} s`,
            open: ({ open }) => open,
            instances: ({ instances }) => instances,
            warm: ({ warm }) => warm,
            functions: ({ functions }) => functions,
          },
          'There is no engine in the cluster.',
          options,
        );
      });
      done(EXIT.ok);
    });

  common(cluster.command('drain <engine>'))
    .description('let an engine take no more calls of others and no events; by name or id')
    .option('--wait', 'end when nothing runs there any more')
    .action(async (name: string, options: Options) => {
      await withCluster(options, async (operations) => {
        const { id } = await operations.tell('drain', name);
        if (options.wait === true) {
          await operations.emptied(id, (open) => console.error(`${id}: ${open} calls in progress`));
        }
        printDone(`${id} is drained; join takes that back.`, { id, state: 'draining' }, options);
      });
      done(EXIT.ok);
    });

  common(cluster.command('join <engine>'))
    .description('let a drained engine take calls again')
    .action(async (name: string, options: Options) => {
      await withCluster(options, async (operations) => {
        const { id } = await operations.tell('join', name);
        printDone(`${id} takes calls.`, { id, state: 'serving' }, options);
      });
      done(EXIT.ok);
    });
}

async function withCluster(
  { cluster, clusterName }: Options,
  work: (operations: ClusterOperations) => Promise<void>,
): Promise<void> {
  const servers = cluster ?? process.env.ISOPOD_CLUSTER ?? '';
  if (servers === '') {
    throw new IsopodError('InvalidArgument', 'Which cluster? --cluster nats://host:4222, or ISOPOD_CLUSTER');
  }
  const name = clusterName ?? process.env.ISOPOD_CLUSTER_NAME;
  const { ClusterOperations } = await import('../cluster/operations.ts');
  const operations = await ClusterOperations.open(clusterOptions(servers, name, undefined));
  try {
    await work(operations);
  } finally {
    await operations.close();
  }
}
