/** `isopod logs <function>`: the recent log lines of a function on a server, and with -f those that come. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type Command, InvalidArgumentError } from 'commander';
import { toIsopodError } from '../errors.ts';
import { ApiFailure } from './api-failure.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { ServerEvents } from './event-stream.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import { stopSignal } from './stop-signal.ts';

interface LogsOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

interface Line {
  readonly seq: number;
  readonly line: string;
}

/** Milliseconds before a lost stream is asked for again. */
const AGAIN_MS = 1_000;

export function addLogsCommand(program: Command, done: (code: number) => void): void {
  hostOptions(
    program
      .command('logs')
      .description('recent log lines of a function, and with -f those that come')
      .argument('<function>', 'name of the function')
      .option('-f, --follow', 'go on with what comes, until interrupted; a lost connection is made again')
      .option('-n, --limit <lines>', 'newest lines to begin with, 0-10000', limit, 100),
  ).action(async (name: string, options: LogsOptions) => {
    const { connect } = await import('./connection.ts');
    await using at = await connect(options);
    await (options.follow === true ? follow(at, name, options) : recent(at, name, options));
    done(EXIT.ok);
  });
}

const pathOf = (name: string, query: string): string =>
  `/isopod/v1/functions/${encodeURIComponent(name)}/logs?${query}`;

async function recent(at: Connection, name: string, options: LogsOptions): Promise<void> {
  const { lines } = await at.json<{ lines: Line[] }>('GET', pathOf(name, `limit=${options.limit}`));
  for (const line of lines) await print(line, options);
}

async function follow(at: Connection, name: string, options: LogsOptions): Promise<void> {
  const stop = stopSignal();
  let last = 0;
  while (!stop.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...(last > 0 && { 'last-event-id': String(last) }) };
      const limitNow = last > 0 ? 10_000 : options.limit;
      const events = new ServerEvents();
      for await (const chunk of await at.stream(pathOf(name, `follow=true&limit=${limitNow}`), headers, stop)) {
        for (const { event, data } of events.take(chunk)) {
          if (event === 'gap')
            console.error(styleText('yellow', `(${data} lines were left out: this reader is too slow)`));
          if (event !== 'message') continue;
          const line = JSON.parse(data) as Line;
          last = line.seq;
          await print(line, options);
        }
      }
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof ApiFailure || last === 0) throw error;
      console.error(styleText('dim', `(${toIsopodError(error).message}; trying again)`));
    }
    await setTimeout(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

const COLOURS = { ERROR: 'red', WARN: 'yellow', DEBUG: 'dim' } as const;

/** Waits when whoever reads is slower than the lines. */
async function print(line: Line, { json }: LogsOptions): Promise<void> {
  const level = /^\S+ \S+ \[(\w+)\]/.exec(line.line)?.[1];
  const colour = COLOURS[level as keyof typeof COLOURS];
  const text = json === true ? JSON.stringify(line) : colour === undefined ? line.line : styleText(colour, line.line);
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain');
}

function limit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 10_000) {
    throw new InvalidArgumentError('It must be a whole number, 0 to 10000.');
  }
  return value;
}
