/** The page of a result: what was measured where, then the comparison or, of other suites, each row. */
import { comparison } from './comparison.ts';
import type { Aim, PageData, Row } from './data.ts';
import { element, figure, page, readData, redrawAll, table } from './dom.ts';
import { amount } from './format.ts';
import { overview } from './plots.ts';

const data = readData<PageData>();

function themes(): HTMLElement {
  const button = element('button', { type: 'button', title: 'light or dark' }, 'light / dark');
  button.addEventListener('click', () => {
    const root = document.documentElement;
    const dark =
      root.dataset.theme === undefined
        ? matchMedia('(prefers-color-scheme: dark)').matches
        : root.dataset.theme === 'dark';
    root.dataset.theme = dark ? 'light' : 'dark';
    redrawAll();
  });
  return button;
}

function notes(): Node[] {
  const made: Node[] = [];
  const list = (title: string, lines: readonly string[], bad: string): void => {
    if (lines.length === 0) return;
    const items = element('ul', {}, ...lines.map((line) => element('li', {}, line)));
    made.push(element('div', { class: `note ${bad}` }, element('details', {}, element('summary', {}, title), items)));
  };
  list(
    `Others used the machine during ${data.noisy.length} of ${data.runs} runs: read those figures with care`,
    data.noisy,
    '',
  );
  list(`${data.failures.length} runs failed`, data.failures, 'bad');
  return made;
}

const everything = (rows: readonly Row[]): HTMLElement =>
  table<Row>(
    [
      { head: 'row', cell: (row) => row.name },
      { head: 'median', number: true, cell: (row) => row.finding ?? amount(row.median, row.unit) },
      { head: 'p99', number: true, cell: (row) => (row.n === 0 ? '' : amount(row.p99, row.unit)) },
      { head: 'min', number: true, cell: (row) => (row.n === 0 ? '' : amount(row.min, row.unit)) },
      { head: 'samples', number: true, cell: (row) => (row.n === 0 ? '' : row.n.toLocaleString('en-US')) },
      { head: 'beside', cell: (row) => (row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}× ${row.baseline}`) },
    ],
    rows,
  );

function plain(): Node[] {
  const units = [...new Set(data.rows.filter((row) => row.n > 0).map((row) => row.unit))];
  return [
    ...units.map((unit) =>
      figure((width) =>
        overview(
          data.rows.filter((row) => row.unit === unit && row.n > 0),
          width,
        ),
      ),
    ),
    ...(data.aims.length === 0
      ? []
      : [
          element('h2', {}, 'Aims'),
          table<Aim>(
            [
              {
                head: '',
                cell: (aim) => element('span', { class: aim.met ? 'good' : 'bad' }, aim.met ? 'met' : 'missed'),
              },
              { head: 'row', cell: (aim) => aim.row },
              { head: 'aim', cell: (aim) => aim.says },
              { head: 'found', number: true, cell: (aim) => aim.value.toFixed(3) },
            ],
            data.aims,
          ),
        ]),
    element('h2', {}, 'Figures'),
    everything(data.rows),
  ];
}

page().append(
  element('header', {}, element('h1', {}, data.title), themes()),
  element('ul', { class: 'facts' }, ...data.facts.map((fact) => element('li', {}, fact))),
  ...notes(),
  ...(data.comparison === undefined ? plain() : comparison(data, data.comparison.peers, data.comparison.losses)),
);
if (data.comparison !== undefined)
  page().append(
    element('h2', {}, 'All figures'),
    element('details', {}, element('summary', {}, `${data.rows.length} rows`), everything(data.rows)),
  );
