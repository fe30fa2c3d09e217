/** What commands that talk to a host have in common: the connection, paths of the API, lists of several pages. */
import type { Command } from 'commander';
import type { Connection, ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import { type OutputOptions, printOne } from './output.ts';

export type Options = ConnectionOptions & OutputOptions & Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, unknown>>;

const API = '/2023-03-30';
export const path = (...parts: readonly string[]): string =>
  API + parts.map((part) => `/${encodeURIComponent(part)}`).join('');

/** Every page of a list. */
export async function all(at: Connection, base: string, field: string): Promise<Item[]> {
  const found: Item[] = [];
  let token: string | undefined;
  do {
    const query = token === undefined ? 'limit=100' : `limit=100&nextToken=${encodeURIComponent(token)}`;
    const page = await at.json<Record<string, unknown>>('GET', `${base}?${query}`);
    found.push(...(page[field] as Item[]));
    token = page.nextToken as string | undefined;
  } while (token !== undefined);
  return found;
}

export const command = (on: Command, usage: string, description: string): Command =>
  hostOptions(on.command(usage).description(description));

/** Runs an action of a command with a connection; `done` is told the exit code. */
export const runWith =
  (done: (code: number) => void) =>
  async (options: Options, action: (at: Connection) => Promise<number | undefined>): Promise<void> => {
    const { connect } = await import('./connection.ts');
    await using at = await connect(options);
    done((await action(at)) ?? EXIT.ok);
  };

export const print = (options: Options, item: unknown): undefined => void printOne({ ...(item as Item) }, options);
