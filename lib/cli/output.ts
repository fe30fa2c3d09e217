/** What commands print: a table for people, or JSON for programs. */
import { type Column, renderTable } from './table.ts';

export interface OutputOptions {
  readonly json?: boolean | undefined;
}

/** Title and value of one cell of a row. */
export type Cells<T> = Readonly<Record<string, (item: T) => string | number | undefined>>;

/** A list: one JSON array, or a table; `none` when there is nothing. */
export function printList<T>(items: readonly T[], cells: Cells<T>, none: string, { json }: OutputOptions): void {
  if (json === true) return console.log(JSON.stringify(items, null, 2));
  if (items.length === 0) return console.log(none);
  const titles = Object.keys(cells);
  const rows = items.map((item) => titles.map((title) => String(cells[title]?.(item) ?? '')));
  const columns: Column[] = titles.map((title, at) => ({
    title,
    width: 60,
    right: rows.every((row) => /^[\d.]*$/.test(row[at] ?? '')),
  }));
  for (const line of renderTable(columns, rows)) console.log(line);
}

/** One thing: its JSON, or a line for each field. */
export function printOne(item: Readonly<Record<string, unknown>>, { json }: OutputOptions): void {
  if (json === true) return console.log(JSON.stringify(item, null, 2));
  const fields = Object.entries(item).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  for (const [name, value] of fields) {
    console.log(`${name.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  }
}

/** A sentence that something was done; programs get it as JSON. */
export function printDone(sentence: string, facts: Readonly<Record<string, unknown>>, { json }: OutputOptions): void {
  console.log(json === true ? JSON.stringify(facts) : sentence);
}
