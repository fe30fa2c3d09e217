/** `isopod tasks`, `dead-letters`, `deliveries` and `webhook-secret`: what became of async calls, and what is still to be done. */
import { type Command, Option } from 'commander';
import { IsopodError } from '../errors.ts';
import { all, command, type Item, type Options, path, print, runWith } from './host-command.ts';
import { printDone, printList } from './output.ts';

const ADMIN = '/isopod/v1/functions';
const pathOf = (name: string, ...parts: readonly string[]): string =>
  [ADMIN, ...[name, ...parts].map(encodeURIComponent)].join('/');

const time = (value: unknown): string => (value === undefined ? '' : new Date(Number(value)).toISOString());
const letters = (count: number): string => (count === 1 ? '1 dead letter' : `${count} dead letters`);

export function addAsyncCommands(program: Command, done: (code: number) => void): void {
  const run = runWith(done);
  const tasks = program.command('tasks').description('async calls that were given a task id');
  command(tasks, 'list <function>', 'list tasks, newest first')
    .addOption(new Option('--status <status>', 'only those in it'))
    .action((name: string, options: Options) =>
      run(options, async (at) => {
        const cells = {
          task: (of: Item) => String(of.taskId),
          status: (of: Item) => String(of.status),
          retried: (of: Item) => Number(of.alreadyRetriedTimes),
          ms: (of: Item) => (of.durationMs === undefined ? '' : Number(of.durationMs)),
          started: (of: Item) => new Date(Number(of.startedTime)).toISOString(),
          error: (of: Item) => String(of.taskErrorMessage ?? ''),
        };
        const found = await all(at, path('functions', name, 'async-tasks'), 'tasks');
        const wanted = found.filter(({ status }) => options.status === undefined || status === options.status);
        printList(wanted, cells, `${name} has no such tasks.`, options);
        return undefined;
      }),
    );
  command(tasks, 'show <function> <task>', 'tell what became of one').action(
    (name: string, task: string, options: Options) =>
      run(options, async (at) => print(options, await at.json('GET', path('functions', name, 'async-tasks', task)))),
  );
  command(tasks, 'stop <function> <task>', 'give one up').action((name: string, task: string, options: Options) =>
    run(options, async (at) => {
      await at.json('PUT', `${path('functions', name, 'async-tasks', task)}/stop`);
      printDone(`The task ${task} of ${name} was given up.`, { stopped: task }, options);
      return undefined;
    }),
  );
  command(tasks, 'rerun <function> <task>', 'do one again, as a new task')
    .option('--task-id <id>', 'of the new one')
    .action((name: string, task: string, options: Options) =>
      run(options, async (at) => {
        const body = options.taskId === undefined ? {} : { taskId: options.taskId };
        return print(options, await at.json('POST', pathOf(name, 'async-tasks', task, 'rerun'), body));
      }),
    );

  const deadLetters = program
    .command('dead-letters')
    .description('async events that were given up, and outcomes no destination took');
  command(deadLetters, 'list <function>', 'list dead letters, oldest first').action((name: string, options: Options) =>
    run(options, async (at) => {
      const cells = {
        id: (of: Item) => String(of.id),
        kind: (of: Item) => String(of.kind),
        reason: (of: Item) => String(of.reason),
        attempts: (of: Item) => Number(of.attempts),
        'given up': (of: Item) => time(of.time),
        destination: (of: Item) => String(of.destination ?? ''),
        message: (of: Item) => String(of.message),
      };
      printList(
        await all(at, pathOf(name, 'dead-letters'), 'deadLetters'),
        cells,
        `${name} has no dead letters.`,
        options,
      );
      return undefined;
    }),
  );
  command(deadLetters, 'show <function> <id>', 'tell one with its event and its outcome').action(
    (name: string, id: string, options: Options) =>
      run(options, async (at) => print(options, await at.json('GET', pathOf(name, 'dead-letters', id)))),
  );
  command(
    deadLetters,
    'redrive <function> [ids...]',
    'accept events again, send outcomes again; all, or those named',
  ).action((name: string, ids: string[], options: Options) =>
    run(options, async (at) => {
      const body = ids.length > 0 ? { ids } : {};
      const { redriven } = await at.json<{ redriven: number }>('POST', pathOf(name, 'dead-letters', 'redrive'), body);
      printDone(`${letters(redriven)} of ${name} on the way again.`, { redriven }, options);
      return undefined;
    }),
  );
  command(deadLetters, 'purge <function> [ids...]', 'forget dead letters for good')
    .option('--all', 'all of the function')
    .action((name: string, ids: string[], options: Options) =>
      run(options, async (at) => {
        if (ids.length === 0 && options.all !== true) {
          throw new IsopodError('InvalidArgument', 'Name the dead letters to forget, or say --all');
        }
        const body = ids.length > 0 ? { ids } : {};
        const { purged } = await at.json<{ purged: number }>('POST', pathOf(name, 'dead-letters', 'purge'), body);
        printDone(`${letters(purged)} of ${name} forgotten.`, { purged }, options);
        return undefined;
      }),
    );

  command(program, 'webhook-secret', 'tell what outcomes sent to HTTP endpoints are signed with').action(
    (options: Options) =>
      run(options, async (at) => {
        const told = await at.json<{ webhookSecret: string }>('GET', '/isopod/v1/webhook-secret');
        printDone(told.webhookSecret, told, options);
        return undefined;
      }),
  );
  command(program, 'deliveries <function>', 'list outcomes their destination has not taken yet').action(
    (name: string, options: Options) =>
      run(options, async (at) => {
        const cells = {
          request: (of: Item) => String(of.requestId),
          outcome: (of: Item) => (of.success === true ? 'success' : 'failure'),
          destination: (of: Item) => String(of.destination),
          attempts: (of: Item) => Number(of.attempts),
          next: (of: Item) => time(of.nextAttemptTime),
          error: (of: Item) => String(of.error ?? ''),
        };
        printList(await all(at, pathOf(name, 'deliveries'), 'deliveries'), cells, 'All outcomes were taken.', options);
        return undefined;
      }),
  );
}
