import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const lib = fileURLToPath(new URL('../lib/', import.meta.url));

/** What may be imported by what comes after it, never the other way round. Parts of one row may import each other. */
const order = [
  ['protocol', 'errors.ts', 'types.ts', 'options.ts'],
  ['observe'],
  ['function', 'code'],
  ['image'],
  ['instance'],
  ['isolate'],
  ['thread', 'cell'],
  ['pool'],
  ['queue', 'outcome'],
  ['invoke'],
  ['engine.ts'],
  ['trigger', 'http', 'cluster', 'index.ts', 'testing.ts'],
  ['cli'],
];

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

const files = filesIn(lib).filter((path) => path.endsWith('.ts'));
const partOf = (path: string): string => relative(lib, path).split('/')[0] as string;
const rankOf = (part: string): number => order.findIndex((row) => row.includes(part));
const importsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);

t.test('imports run one way', (t) => {
  for (const path of files) {
    const part = partOf(path);
    if (part === 'guest') continue;
    t.ok(rankOf(part) >= 0, `${part} has its place in the order`);
    for (const specifier of importsOf(path)) {
      if (!specifier.startsWith('.')) continue;
      const target = partOf(join(dirname(path), specifier));
      const file = relative(lib, path);
      t.not(target, 'guest', `${file}: the host never imports the guest`);
      if (rankOf(target) > rankOf(part)) t.fail(`${file} imports ${specifier}, which comes after it`);
    }
  }
  t.end();
});

t.test('the guest imports the guest and the protocol, and packages only for the web globals', (t) => {
  for (const path of files.filter((file) => partOf(file) === 'guest')) {
    for (const specifier of importsOf(path)) {
      const allowed = specifier.startsWith('.')
        ? ['guest', 'protocol'].includes(partOf(join(dirname(path), specifier)))
        : path.includes('/web/');
      t.ok(allowed, `${relative(lib, path)} may import ${specifier}`);
    }
  }
  t.end();
});

t.test('one folder owns isolated-vm, one owns piscina', (t) => {
  const owners: Record<string, string> = { 'isolated-vm': 'isolate', piscina: 'thread' };
  for (const path of files) {
    for (const specifier of importsOf(path)) {
      const owner = owners[specifier];
      if (owner !== undefined) t.equal(partOf(path), owner, `${relative(lib, path)} imports ${specifier}`);
    }
  }
  t.end();
});

t.test('a file of more than 250 lines says first why it is one thing', (t) => {
  for (const path of files) {
    const text = readFileSync(path, 'utf8');
    if (text.split('\n').length <= 250) continue;
    t.match(
      text.slice(0, 600),
      /one (thing|file|class|place)/i,
      `${relative(lib, path)} has ${text.split('\n').length} lines`,
    );
  }
  t.end();
});

t.test('no folder is named for having no name', (t) => {
  const vague = /\/(utils?|common|helpers?|misc)(\/|\.ts$)/;
  t.same(
    files.filter((path) => vague.test(path)),
    [],
  );
  t.end();
});
