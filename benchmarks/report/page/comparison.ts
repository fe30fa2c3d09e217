/** The comparison as a page: what a glance shows, where Isopod is behind, then each measure with its plot. */
import type { Loss, PageData, PeerFacts, Row } from './data.ts';
import { type Column, choice, element, figure, redrawAll, table } from './dom.ts';
import { amount } from './format.ts';
import { colorOf, Shown } from './peers.ts';
import { bars, distribution, growth, ranges, stageColors, waterfall } from './plots.ts';

const WAYS = ['array', 'objects', 'map', 'strings', 'buffers'];

export function comparison(data: PageData, peers: readonly PeerFacts[], losses: readonly Loss[]): Node[] {
  const shown = new Shown(peers);
  const rows = data.rows;
  const find = (measure: string, guest: string, peer: string): Row | undefined =>
    rows.find((row) => row.measure === measure && row.guest === guest && row.peer === peer);
  /** Its figure; none where words stand in its place. */
  const figureOf = (measure: string, guest: string, peer: string): Row | undefined => {
    const row = find(measure, guest, peer);
    return row?.finding === undefined ? row : undefined;
  };
  const of = (measure: RegExp, guest: string): Row[] =>
    rows.filter((row) => row.guest === guest && measure.test(row.measure ?? '') && shown.has(row.peer));
  const guestsOf = (measure: RegExp): string[] => [
    ...new Set(rows.filter((row) => measure.test(row.measure ?? '')).map((row) => row.guest ?? '')),
  ];

  /** From the first function on: what a peer takes only once is no function's. */
  const perFunction = (peer: string): number | undefined => {
    const at = (functions: number): number | undefined => figureOf(`memory ${functions} pss`, 'tiny', peer)?.median;
    const one = at(1);
    const [most, functions] = at(1_000) === undefined ? [at(100), 100] : [at(1_000), 1_000];
    return one === undefined || most === undefined ? undefined : (most - one) / (functions - 1);
  };
  const bombs = (peer: string): string => {
    const seen = WAYS.map((way) => find('outcome', `bomb ${way}`, peer)?.finding).filter((each) => each !== undefined);
    return seen.length === 0 ? '' : `${seen.filter((each) => each.startsWith('contained')).length} of ${seen.length}`;
  };

  /** A column of the glance: its best figure among peers that isolate is marked. */
  const glance = (
    head: string,
    title: string,
    value: (peer: string) => number | undefined,
    unit: string,
    more = false,
  ): Column<PeerFacts> => {
    const values = peers
      .filter((peer) => peer.isolates)
      .map((peer) => value(peer.name) ?? Number.NaN)
      .filter((each) => !Number.isNaN(each));
    const best = more ? Math.max(...values) : Math.min(...values);
    return {
      head,
      title,
      number: true,
      cell: (peer) => {
        const found = value(peer.name);
        if (found === undefined || Number.isNaN(found)) return element('span', { class: 'small' }, '–');
        return element('span', peer.isolates && found === best ? { class: 'best' } : {}, amount(found, unit));
      },
    };
  };
  const median = (measure: string, guest: string) => (peer: string) => figureOf(measure, guest, peer)?.median;
  const p99 = (measure: string, guest: string) => (peer: string) => figureOf(measure, guest, peer)?.p99;

  const atAGlance = table<PeerFacts>(
    [
      { head: 'peer', cell: (peer) => peer.title, title: 'blue: Isopod; grey: keeps nothing apart' },
      glance('warm p50', 'tiny function, one call after the other', median('latency', 'tiny'), 'µs'),
      glance('p99', 'the same', p99('latency', 'tiny'), 'µs'),
      glance('64 in flight', 'tiny function', median('throughput 64', 'tiny'), 'calls/s', true),
      glance('CPU a call', 'all processes together, tiny function', median('cpu', 'tiny'), 'µs'),
      glance('cold start', 'validation (ajv), to the first answer', median('cold', 'validation'), 'ms'),
      glance('memory', 'PSS per further tiny function, up to 1,000', perFunction, 'MB'),
      glance('loop', 'milliseconds past the limit until an endless loop is ended', median('contain', 'loop'), 'ms'),
      {
        head: 'bombs',
        title: 'ways to take memory that end without harm to others',
        number: true,
        cell: (peer) => bombs(peer.name),
      },
      glance('installed', 'package and what it depends on', median('size', 'install'), 'MB'),
    ],
    peers,
    (peer) => (peer.ours ? 'ours' : peer.isolates ? '' : 'open-boundary'),
  );

  const behind: Node[] =
    losses.length === 0
      ? [element('p', {}, 'Nowhere, in this run.')]
      : [
          element(
            'p',
            { class: 'quiet' },
            'The first of the isolating peers beside the best tier of Isopod that stands as far from the program (in it, or in processes of its own), where it is more than 5% ahead.',
          ),
          table<Loss>(
            [
              { head: 'measure', cell: (loss) => loss.what },
              { head: 'ahead', cell: (loss) => loss.peer },
              { head: 'its figure', number: true, cell: (loss) => amount(loss.peerValue, loss.unit) },
              { head: 'Isopod', number: true, cell: (loss) => amount(loss.oursValue, loss.unit) },
              { head: 'ratio', number: true, cell: (loss) => `${loss.ratio.toFixed(2)}×` },
              { head: 'why', cell: (loss) => element('span', { class: 'prose' }, loss.why) },
            ],
            losses,
          ),
        ];

  /** A figure with a choice of guest functions above it. */
  const byGuest = (
    guests: readonly string[],
    draw: (guest: string, width: number) => Node,
    caption: string,
  ): Node[] => {
    let guest = guests[0] ?? '';
    const choose = (name: string): void => {
      guest = name;
      redrawAll();
    };
    return guests.length === 0
      ? [element('p', { class: 'quiet' }, 'Not measured.')]
      : [choice('function', guests, guest, choose), figure((width) => draw(guest, width), caption)];
  };

  let level = '64';
  const levels = choice('calls in flight', ['1', '16', '64', '256'], level, (name) => {
    level = name;
    redrawAll();
  });
  let rate = '1000';
  const rates = choice('calls per second', ['1000', '10000'], rate, (name) => {
    rate = name;
    redrawAll();
  });

  const matrix = (measure: string, guests: readonly string[]): HTMLElement =>
    table<PeerFacts>(
      [
        { head: 'peer', cell: (peer) => peer.title },
        ...guests.map((guest) =>
          glance(
            guest,
            '',
            median(measure, guest),
            rows.find((row) => row.measure === measure)?.unit ?? '',
            measure.startsWith('throughput'),
          ),
        ),
      ],
      peers,
      (peer) => (peer.ours ? 'ours' : peer.isolates ? '' : 'open-boundary'),
    );

  const bombTable = table<PeerFacts>(
    [
      { head: 'peer', cell: (peer) => peer.title },
      ...WAYS.map(
        (way): Column<PeerFacts> => ({ head: way, cell: (peer) => outcome(find('outcome', `bomb ${way}`, peer.name)) }),
      ),
    ],
    peers,
    (peer) => (peer.ours ? 'ours' : peer.isolates ? '' : 'open-boundary'),
  );

  const section = (id: string, title: string, ...content: Node[]): Node =>
    element('section', { id }, element('h2', {}, title), ...content);
  const sections: [string, string, Node[]][] = [
    [
      'glance',
      'At a glance',
      [
        atAGlance,
        element(
          'p',
          { class: 'quiet' },
          'Bold green: best of those that isolate. Grey names keep functions from nothing. Point at a head to see what it means.',
        ),
      ],
    ],
    ['behind', 'Where Isopod is behind', behind],
    [
      'latency',
      'Warm latency',
      [
        element('p', {}, 'One call after the other, each timed: how long the given share of calls took at most.'),
        shown.keys(),
        ...byGuest(
          guestsOf(/^latency$/),
          (guest, width) => distribution(of(/^latency$/, guest), shown, 'µs', width),
          'Further left is better; a line that leans to the right at the top has a long tail.',
        ),
        element(
          'details',
          {},
          element('summary', {}, 'Medians of all functions'),
          matrix('latency', guestsOf(/^latency$/)),
        ),
      ],
    ],
    [
      'throughput',
      'Throughput',
      [
        levels,
        ...byGuest(
          guestsOf(/^throughput/),
          (guest, width) => bars(of(new RegExp(`^throughput ${level}$`), guest), shown, width, 'calls per second'),
          'Two threads or connections to spare where a peer can use them.',
        ),
        element(
          'details',
          {},
          element('summary', {}, '64 in flight, all functions'),
          matrix('throughput 64', guestsOf(/^throughput/)),
        ),
      ],
    ],
    [
      'open',
      'Under a steady rate',
      [
        element(
          'p',
          {},
          'Calls come at a fixed rate whatever became of those before, and their time counts from when they were due, so that one slow call shows in all that waited for it. Peers that cannot keep up are missing.',
        ),
        rates,
        ...byGuest(
          guestsOf(/^open/),
          (guest, width) =>
            ranges(
              of(new RegExp(`^open ${rate}$`), guest),
              shown,
              width,
              `at ${Number(rate).toLocaleString('en-US')} calls/s`,
            ),
          'Dot: median; bar: p99, whose figure is at the right; the line ends at the p99.9.',
        ),
      ],
    ],
    [
      'cold',
      'Cold starts',
      [
        element(
          'p',
          {},
          'A function the peer knows already: from the first call to its answer, with what passes in between where a peer tells.',
        ),
        element(
          'div',
          { class: 'keys' },
          ...stageColors.map(([title, color]) =>
            element('span', { class: 'key' }, element('i', { style: `background:${color}` }), title),
          ),
        ),
        ...byGuest(
          guestsOf(/^cold$/),
          (guest, width) =>
            waterfall(
              rows.filter((row) => row.guest === guest && shown.has(row.peer)),
              shown,
              width,
            ),
          'Median of 25 starts. Bars cut off at the right have their figure beside them.',
        ),
        element(
          'details',
          {},
          element('summary', {}, 'All functions, and what deploying took'),
          matrix('cold', guestsOf(/^cold$/)),
          element('h3', {}, 'Deploying, once per function'),
          matrix('deploy', guestsOf(/^deploy$/)),
        ),
      ],
    ],
    [
      'memory',
      'Memory',
      [
        element('p', {}, 'One, a hundred and a thousand started functions, each with code of its own.'),
        figure(
          (width) =>
            growth(
              rows.filter((row) => row.measure?.startsWith('memory') === true && shown.has(row.peer)),
              shown,
              width,
            ),
          'PSS: shared pages are divided among those who share them. Peers that keep nothing between calls are missing.',
        ),
      ],
    ],
    [
      'containment',
      'Functions that run amok',
      [
        element('h3', {}, 'An endless loop'),
        figure(
          (width) =>
            bars(of(/^contain$/, 'loop'), shown, width, 'milliseconds past its limit of 500 ms until the call failed'),
          'Medians. workerd and Miniflare have no limit of their own: their process was killed from outside, with every function in it.',
        ),
        figure(
          (width) => bars(of(/^stall$/, 'loop'), shown, width, 'longest time the program itself stood still'),
          'What runs on the calling thread holds that thread until it is ended.',
        ),
        element('h3', {}, 'Memory taken without end'),
        element('p', {}, 'Limit 128 MB, five ways to take up to 1 GB.'),
        bombTable,
      ],
    ],
    [
      'rest',
      'CPU, pauses, size',
      [
        element(
          'div',
          { class: 'panels' },
          element(
            'div',
            {},
            element('h3', {}, 'CPU per call, tiny function'),
            figure((width) => bars(of(/^cpu$/, 'tiny'), shown, width, 'CPU time, all processes')),
          ),
          element(
            'div',
            {},
            element('h3', {}, 'First call after 150 ms of nothing'),
            figure((width) => bars(of(/^idle$/, 'tiny'), shown, width, 'time to the answer')),
          ),
          element(
            'div',
            {},
            element('h3', {}, 'Installed'),
            figure((width) => bars(of(/^size$/, 'install'), shown, width, 'on the disk, with dependencies')),
          ),
        ),
      ],
    ],
    [
      'peers',
      'How each was driven',
      [
        table<PeerFacts>(
          [
            {
              head: 'peer',
              cell: (peer) =>
                element(
                  'span',
                  {},
                  element('i', {
                    style: `display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px;background:${colorOf(peer.name)}`,
                  }),
                  peer.title,
                ),
            },
            { head: 'between function and program', cell: (peer) => peer.boundary },
            {
              head: 'settings',
              cell: (peer) => element('span', { class: 'prose' }, peer.settings.replaceAll('`', '')),
            },
          ],
          peers,
          (peer) => (peer.ours ? 'ours' : ''),
        ),
      ],
    ],
  ];
  return [
    element('nav', {}, ...sections.map(([id, title]) => element('a', { href: `#${id}` }, title))),
    ...sections.map(([id, title, content]) => section(id, title, ...content)),
  ];
}

function outcome(row: Row | undefined): Node | string {
  const finding = row?.finding ?? '';
  const kind = finding.startsWith('contained')
    ? 'good'
    : finding.startsWith('cannot') || finding === 'not installed'
      ? 'small'
      : finding.startsWith('the program')
        ? 'bad'
        : 'fair';
  return element('span', { class: kind }, finding.replace(/ \(.*/, ''));
}
