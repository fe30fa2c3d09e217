/** A table of what was told of each policy. */
import { renderTable } from '../../lib/cli/table.ts';

/** Title -> what stands below it. */
export type Columns<T> = Readonly<Record<string, (told: T) => string>>;

/** Figures are on the right of their columns. */
export function printTable<T>(title: string, columns: Columns<T>, told: readonly T[]): void {
  const heads = Object.keys(columns).map((name) => ({ title: name, width: 0, right: name !== 'policy' }));
  const rows = told.map((one) => Object.values(columns).map((cell) => cell(one)));
  console.log(`\n${title}`);
  for (const line of renderTable(heads, rows)) console.log(line);
}
