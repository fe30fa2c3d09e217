/** Elements with attributes and children in one line, and what of the page is drawn anew when it changes its width or colours. */

type Child = Node | string | undefined;

export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child): child is Node | string => child !== undefined));
  return made;
}

const redraws: (() => void)[] = [];

/** A figure that is drawn for the width it has: `draw` gets it in CSS pixels. */
export function figure(draw: (width: number) => Node, caption?: string): HTMLElement {
  const place = element('div', { class: 'plot' });
  const made = element('figure', {}, place, caption === undefined ? undefined : element('figcaption', {}, caption));
  let drawn = 0;
  const redraw = (): void => {
    const width = Math.floor(place.clientWidth);
    if (width <= 0) return;
    drawn = width;
    place.replaceChildren(draw(width));
  };
  redraws.push(redraw);
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - drawn) > 8) redraw();
  }).observe(place);
  return made;
}

export function redrawAll(): void {
  for (const redraw of redraws) redraw();
}

export interface Column<Row> {
  readonly head: string;
  /** Text, or a cell made ready. */
  readonly cell: (row: Row) => Node | string;
  readonly number?: boolean;
  readonly title?: string;
}

export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  classOf?: (row: Row) => string,
): HTMLElement {
  const align = (column: Column<Row>): Record<string, string> => (column.number === true ? { class: 'number' } : {});
  const head = columns.map((column) =>
    element(
      'th',
      { ...align(column), scope: 'col', ...(column.title === undefined ? {} : { title: column.title }) },
      column.head,
    ),
  );
  const body = rows.map((row) =>
    element(
      'tr',
      classOf === undefined ? {} : { class: classOf(row) },
      ...columns.map((column) => element('td', align(column), column.cell(row))),
    ),
  );
  const made = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
  return element('div', { class: 'wide', tabindex: '0' }, made);
}

/** One of several choices, as buttons in a row. */
export function choice(
  label: string,
  names: readonly string[],
  chosen: string,
  choose: (name: string) => void,
): HTMLElement {
  const buttons = names.map((name) => {
    const button = element('button', { type: 'button', 'aria-pressed': String(name === chosen) }, name);
    button.addEventListener('click', () => {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
      choose(name);
    });
    return button;
  });
  return element(
    'div',
    { class: 'choice', role: 'group', 'aria-label': label },
    element('span', {}, label),
    ...buttons,
  );
}

export function readData<T>(): T {
  return JSON.parse(document.getElementById('data')?.textContent ?? '{}') as T;
}

export const page = (): HTMLElement => document.getElementById('page') as HTMLElement;
