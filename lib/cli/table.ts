/** A plain-text table. */

export interface Column {
  readonly title: string;
  /** Characters a cell is cut to; 0 leaves it whole. */
  readonly width: number;
  readonly right: boolean;
}

/** The lines: titles, a rule, rows. Cells without a column are left out. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cut = (text: string, width: number): string =>
    width > 0 && text.length > width ? `${text.slice(0, width - 1)}…` : text;
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map(({ width }, at) => cut(row[at] ?? '', width)),
  );
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const pad = (cell: string, at: number): string =>
    columns[at]?.right === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  const lines = cells.map((row) => row.map(pad).join('  ').trimEnd());
  return [lines[0] ?? '', widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)];
}
