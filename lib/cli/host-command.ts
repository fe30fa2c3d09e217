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

/** With its `?`; of those that were given, so nothing of none. */
export function queryOf(items: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(items)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}

/** Every page of a list. */
export async function all(at: Connection, base: string, field: string): Promise<Item[]> {
  const found: Item[] = [];
  let nextToken: string | undefined;
  do {
    const page = await at.json<Record<string, unknown>>('GET', base + queryOf({ limit: 100, nextToken }));
    found.push(...(page[field] as Item[]));
    nextToken = page.nextToken as string | undefined;
  } while (nextToken !== undefined);
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
