/** Finds cases in a checkout of web-platform-tests and reads what they say of themselves in `// META:` lines. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Area } from './areas.ts';

export interface Case {
  /** Path inside the checkout, with the variant: `url/url-constructor.any.js?exclude=file`. */
  readonly id: string;
  /** Path inside the checkout. */
  readonly path: string;
  /** `?...`, or empty. */
  readonly variant: string;
  readonly title: string;
  /** Paths of the scripts to run before it, in order. */
  readonly scripts: readonly string[];
  /** It says itself that it takes long. */
  readonly long: boolean;
  /** Not among the cases of `npm test`. */
  readonly slow: boolean;
}

/** Scopes of which a guest is like one. */
const OURS = /window|worker|jsshell|\*/;

/** Every case of the area, sorted; a case with variants is several. */
export function findCases(checkout: string, area: Area): Case[] {
  const folder = area.name === 'fetch' ? 'fetch/api' : area.name;
  return globSync(`${folder}/**/*.any.js`, { cwd: checkout })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => area.cases.test(path) && area.without?.test(path) !== true)
    .sort()
    .flatMap((path) => readCase(checkout, path, area));
}

function readCase(checkout: string, path: string, area: Area): Case[] {
  const meta = [...readFileSync(join(checkout, path), 'utf8').matchAll(/^\/\/\s*META:\s*(\w+)=(.*)$/gm)];
  const all = (key: string): string[] =>
    meta.filter((line) => line[1] === key).map((line) => (line[2] as string).trim());
  const [scopes] = all('global');
  if (scopes !== undefined && !scopes.split(',').some((scope) => OURS.test(scope) && !/shared|service/.test(scope))) {
    return [];
  }
  const variants = all('variant');
  return (variants.length === 0 ? [''] : variants).map((variant) => ({
    id: `${path}${variant}`,
    path,
    variant,
    title: all('title')[0] ?? path,
    scripts: all('script').map((script) => resolvePath(path, script)),
    long: all('timeout').includes('long'),
    slow: area.slow?.test(path) === true,
  }));
}

/** A path as a case writes it, to a path inside the checkout. */
export function resolvePath(from: string, path: string): string {
  return posix.resolve('/', posix.dirname(from), path).slice(1);
}

/** Scripts the server has under another name than the checkout. */
const ALIASES: Readonly<Record<string, string>> = {
  'resources/WebIDLParser.js': 'resources/webidl2/lib/webidl2.js',
};

/** A script's text. The server puts host names and ports where `.sub.` files have `{{...}}`. */
export function readScript(checkout: string, path: string): string {
  const text = readFileSync(join(checkout, ALIASES[path] ?? path), 'utf8');
  if (!path.includes('.sub.')) return text;
  return text.replace(/\{\{([^}]*)\}\}/g, (_, what: string) => (what.includes('port') ? '8000' : 'web-platform.test'));
}

/** A file a case may fetch: its text, or its bytes in base64 when it is no text. */
export type Resource = readonly ['text' | 'base64', string];

/** Files whose names stand as strings in the scripts: what the case may fetch, by path with a leading slash. */
export function findResources(checkout: string, { path, scripts }: Case): Record<string, Resource> {
  const found: Record<string, Resource> = {};
  for (const script of [path, ...scripts]) {
    const text = readScript(checkout, script);
    for (const [, name = ''] of text.matchAll(/['"`]([\w./-]+\.(?!js\b)[a-z]{2,5})['"`]/g)) {
      addResource(checkout, resolvePath(path, name), found);
    }
    if (!/\bidl_test\(/.test(text) || script !== path) continue;
    for (const [, name = ''] of text.matchAll(/['"`]([\w-]+)['"`]/g)) {
      addResource(checkout, `interfaces/${name}.idl`, found);
    }
  }
  return found;
}

function addResource(checkout: string, path: string, found: Record<string, Resource>): void {
  const file = join(checkout, path);
  if (!existsSync(file) || !statSync(file).isFile()) return;
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  found[`/${path}`] = isText ? ['text', text] : ['base64', bytes.toString('base64')];
}
