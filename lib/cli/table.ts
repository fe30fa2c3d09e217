/** A plain-text table. */

export interface Column {
  readonly title: string;
  /** Characters a cell is cut to; 0 leaves it whole. */
  readonly width: number;
  readonly right: boolean;
}

export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cut = (text: string, width: number): string =>
    width > 0 && text.length > width ? `${text.slice(0, width - 1)}…` : text;
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map(({ width }, at) => cut(row[at] ?? '', width)),
  );
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => (row[at] as string).length)));
  const lines = cells.map((row) =>
    row
      .map((cell, at) =>
        columns[at]?.right === true ? cell.padStart(widths[at] as number) : cell.padEnd(widths[at] as number),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
