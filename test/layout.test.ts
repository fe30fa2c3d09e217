/**
 * The shape of lib/: which way imports run, who may use what, how folders are named and how long files are. Reads the
 * import statements of every source file; nothing is loaded.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const lib = fileURLToPath(new URL('../lib/', import.meta.url));

/**
 * The life of a call, first things first: a place imports from its own line and from the lines above it. Two places of
 * one line may import one another's files in one direction only. Folders and single files of lib/, without extension.
 */
const ORDER = [
  ['protocol', 'errors', 'async-types', 'async-options', 'cluster-options', 'inspect-options', 'types', 'options'],
  ['operation', 'outbound', 'store', 'journal'],
  ['observe'],
  ['binding'],
  ['function', 'code'],
  ['image'],
  ['instance'],
  ['isolate'],
  ['remote'],
  ['thread', 'cell'],
  ['check'],
  ['pool'],
  ['deployment'],
  ['queue', 'outcome', 'provision'],
  ['invoke'],
  ['trigger'],
  ['cluster'],
  ['engine'],
  ['tenant'],
  ['http', 'index', 'testing'],
  ['cli'],
];
const GUEST = 'guest';
const LONG = 250;
const WHY_LONG = /\bone (file|thing|class|place)\b/i;
const VAGUE = /^(utils?|commons?|helpers?|misc)$/i;

/** Packages that only these places may import. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  'isolated-vm': ['isolate'],
  piscina: ['thread'],
};
/** Packages that are bundled into the guest: plain language, no Node.js and no DOM. */
const GUEST_PACKAGES = [
  '@exodus/bytes',
  '@pkgjs/parseargs',
  'buffer',
  'node-inspect-extracted',
  'path-unified',
  'punycode',
  'readable-stream',
  'string_decoder',
  'unenv',
  'urlpattern-polyfill',
  'web-streams-polyfill',
  'whatwg-url-minimum',
  // Made for each bundle.
  'isopod:node-registry',
  'isopod:package-files',
];

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased when the file runs. */
  readonly typeOnly: boolean;
}

interface Source {
  /** Path inside lib/, with slashes. */
  readonly path: string;
  readonly place: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** First folder of a path inside lib/, or the name of a file that lies there. */
const placeOf = (path: string): string => (path.split('/')[0] as string).replace(/\.ts$/, '');

/** Comments blanked, text in backquotes too: a template may hold code that is generated for someone else. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(,])\/\/.*|`(?:\\[\s\S]|[^`\\])*`/g, (found) =>
    found.replace(/[^\n]/g, ' '),
  );

const STATEMENT = /^[ \t]*(?:import|export)\s+(?:(type\s+)?([\w$*{][^'";()=]*?)\s+from\s+)?(['"])([^'"\n]+)\3/gm;
const CALL = /(typeof\s+)?\b(?:import|require|resolve|createRequire\([^()]*\))\s*\(\s*(['"])([^'"\n]+)\2/g;

function importsOf(path: string, text: string): Import[] {
  const code = codeOf(text);
  const found: Import[] = [];
  for (const [, type, names, , to] of code.matchAll(STATEMENT)) {
    const listed = /^\{([\s\S]*)\}$/
      .exec(names ?? '')?.[1]
      ?.split(',')
      .map((name) => name.trim());
    const allTypes = listed?.every((name) => name === '' || name.startsWith('type ')) ?? false;
    found.push({ from: path, to: to as string, typeOnly: type !== undefined || allTypes });
  }
  for (const [, type, , to] of code.matchAll(CALL)) {
    found.push({ from: path, to: to as string, typeOnly: type !== undefined });
  }
  return found.map((entry) => ({ ...entry, to: resolved(entry) }));
}

/** A path inside lib/ (or `../…` when it leaves it), or a package as it is written. */
function resolved({ from, to }: Import): string {
  if (to.startsWith('.'))
    return relative(lib, join(lib, dirname(from), to))
      .split(sep)
      .join('/');
  return to;
}

const isInside = (to: string): boolean => /\.[mc]?[tj]s$/.test(to) && !/^\.\.\/|^@/.test(to);

const paths = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => !path.split('/').includes('node_modules'));
const sources: Source[] = paths
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(lib, path), 'utf8');
    return { path, place: placeOf(path), text, imports: importsOf(path, text) };
  });
const all = sources.flatMap(({ imports }) => imports);
const host = all.filter(({ from }) => placeOf(from) !== GUEST);
const guest = all.filter(({ from }) => placeOf(from) === GUEST);
const levelOf = (place: string): number => ORDER.findIndex((line) => line.includes(place));
const shown = (entries: readonly Import[]): string[] => entries.map(({ from, to }) => `${from} imports ${to}`);

t.test('the reader of imports finds every form, and nothing in comments or generated code', (t) => {
  const text = `
    /* import a from './comment.ts' */
    // import b from './line.ts';
    import c, { d } from './value.ts';
    import type { E } from './type.ts';
    import { type F, type G } from './all-types.ts';
    import {
      type H,
      i,
    } from "./mixed.ts";
    import './effect.ts';
    export * from './star.ts';
    export type * from './star-type.ts';
    const j = await import('./dynamic.ts');
    type K = typeof import('./query.ts');
    const l = createRequire(import.meta.url)('package/sub');
    const m = require('@scope/package/sub');
    const n = \`import o from './generated.ts';\`;
  `;
  t.same(
    importsOf('pool/x.ts', text).map(({ to, typeOnly }) => `${to}${typeOnly ? ' type' : ''}`),
    [
      'pool/value.ts',
      'pool/type.ts type',
      'pool/all-types.ts type',
      'pool/mixed.ts',
      'pool/effect.ts',
      'pool/star.ts',
      'pool/star-type.ts type',
      'pool/dynamic.ts',
      'pool/query.ts type',
      'package/sub',
      '@scope/package/sub',
    ],
  );
  t.ok(all.length > 50, 'and it finds those of lib/');
  t.end();
});

t.test('every folder and file of lib/ has its line in the import order', (t) => {
  const unknown = [...new Set(sources.map(({ place }) => place))].filter(
    (place) => place !== GUEST && levelOf(place) === -1,
  );
  t.same(unknown, []);
  t.end();
});

t.test('imports run one way', (t) => {
  const back = host.filter(
    ({ from, to }) => isInside(to) && placeOf(to) !== GUEST && levelOf(placeOf(to)) > levelOf(placeOf(from)),
  );
  t.same(shown(back), []);
  t.same(shown(host.filter(({ to }) => to.startsWith('../') && /\.[mc]?[tj]s$/.test(to))), [], 'and stay in lib/');
  t.end();
});

t.test('two places of one line do not import each other both ways', (t) => {
  const edges = new Set(host.filter(({ to }) => isInside(to)).map(({ from, to }) => `${placeOf(from)} ${placeOf(to)}`));
  const mutual = [...edges].filter((edge) => {
    const [from, to] = edge.split(' ') as [string, string];
    return from < to && edges.has(`${to} ${from}`);
  });
  t.same(mutual, []);
  t.end();
});

t.test('protocol imports nothing', (t) => {
  t.same(shown(all.filter(({ from, to }) => placeOf(from) === 'protocol' && placeOf(to) !== 'protocol')), []);
  t.end();
});

t.test('only their owners import isolated-vm and piscina', (t) => {
  for (const [name, owners] of Object.entries(OWNERS)) {
    const strangers = all.filter(({ from, to }) => to === name && !owners.includes(placeOf(from)));
    t.same(shown(strangers), [], name);
  }
  t.end();
});

t.test('the host never imports the guest, except for types', (t) => {
  t.same(shown(host.filter(({ to, typeOnly }) => isInside(to) && placeOf(to) === GUEST && !typeOnly)), []);
  t.end();
});

t.test('the guest imports the guest, the protocol and packages that are bundled with it', (t) => {
  const allowed = ({ to }: Import): boolean =>
    isInside(to)
      ? ['guest', 'protocol'].includes(placeOf(to))
      : GUEST_PACKAGES.some((name) => to === name || to.startsWith(`${name}/`));
  t.same(shown(guest.filter((entry) => !allowed(entry))), []);
  t.end();
});

t.test('no folder or file has a name that tells nothing', (t) => {
  // The files of guest/node have the names of Node.js' modules.
  const ours = paths.filter((path) => !path.startsWith('guest/node/'));
  const names = ours.filter((path) => VAGUE.test((path.split('/').at(-1) as string).replace(/\.ts$/, '')));
  t.same(names, []);
  t.end();
});

t.test(`a file over ${LONG} lines says first why it is one file`, (t) => {
  const silent = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1, text }))
    .filter(({ lines, text }) => lines > LONG && !WHY_LONG.test(firstComment(text)))
    .map(({ path, lines }) => `${path} has ${lines} lines; write "One file because …" in its first comment`);
  t.same(silent, []);
  t.end();
});

function firstComment(text: string): string {
  const found = /^(?:#!.*\n)?\s*(\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[1] ?? '';
  return found.replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' ');
}
