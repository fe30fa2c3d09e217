/** `isopod triggers` and `isopod trigger test`: what the triggers of a host do, and a trial of one. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { IsopodError } from '../errors.ts';
import type { TriggerInfo } from '../types.ts';
import type { ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import { type OutputOptions, printList, printOne } from './output.ts';

type Options = ConnectionOptions & OutputOptions & { readonly data?: string; readonly event?: string };

const API = '/isopod/v1/triggers';

export function addTriggerCommands(program: Command, done: (code: number) => void): void {
  hostOptions(
    program.command('triggers').description('list triggers with their state, lag, last event and last error'),
  ).action(async (options: Options) => {
    const { connect } = await import('./connection.ts');
    await using at = await connect(options);
    const { triggers } = await at.json<{ triggers: TriggerInfo[] }>('GET', API);
    printList(
      triggers,
      {
        function: (of) => of.functionName,
        trigger: (of) => of.triggerName,
        type: (of) => of.triggerType,
        state: ({ status }) => status.state,
        lag: ({ status }) => status.lag,
        events: ({ status }) => status.events,
        failures: ({ status }) => status.failures,
        'last event': ({ status }) => status.lastEventTime,
        next: ({ status }) => status.nextEventTime,
        'last error': ({ status }) => status.lastError && `${status.lastError.code}: ${status.lastError.message}`,
      },
      'There are no triggers.',
      options,
    );
    done(EXIT.ok);
  });

  const trigger = program.command('trigger').description('try a trigger');
  hostOptions(trigger.command('test <function> <trigger>'))
    .description('call the function with a sample event of the trigger, and print its result')
    .option('--event <json>', 'the event instead of a sample: JSON text, or @file')
    .action(async (functionName: string, triggerName: string, options: Options) => {
      const event = options.event === undefined ? {} : { event: await eventFrom(options.event) };
      const { connect } = await import('./connection.ts');
      await using at = await connect(options);
      const path = [API, encodeURIComponent(functionName), encodeURIComponent(triggerName), 'test'].join('/');
      printOne(await at.json<Record<string, unknown>>('POST', path, event), options);
      done(EXIT.ok);
    });
}

async function eventFrom(given: string): Promise<unknown> {
  try {
    return JSON.parse(given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given) as unknown;
  } catch (error) {
    throw new IsopodError('InvalidArgument', `--event: ${(error as Error).message}`);
  }
}
