/** The attacks of fixtures/hostile, `<class>/<name>.<js|mjs|ts>`; the first line of a file says what is to become of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Isolation } from '../../lib/index.ts';

export type Tier = Isolation;
export const TIERS: readonly Tier[] = ['thread', 'process', 'jailed'];

/** The folder of attacks. */
export const FOLDER = 'fixtures/hostile';

/** What stands in place of codes where only a cell keeps the host alive. */
export const NEEDS_CELL = 'needs-cell';

export interface Attack {
  /** `class/name`. */
  readonly id: string;
  readonly file: string;
  readonly source: string;
  /** Codes the call may end with, `ok` for a result; or `needs-cell` alone. */
  readonly expected: Readonly<Record<Tier, readonly string[]>>;
  /** Seconds one call may take; default 1. */
  readonly timeout: number;
  /** Milliseconds of processor time one call may take; not limited by default. */
  readonly cpuMs: number | undefined;
  /** MB of heap; default 32. */
  readonly memorySize: number;
  /** Calls made one after the other; what the last comes to counts. Default 1. */
  readonly calls: number;
  /** Calls the instance may have in progress; default 1. */
  readonly concurrency: number;
  /** Every call has an instance of its own. */
  readonly fresh: boolean;
  /** `eval` and its like are taken away. */
  readonly noEval: boolean;
  /** The module's hooks, by the names it exports. */
  readonly initializer: boolean;
  readonly preStop: boolean;
}

const FIELD = /^(expect|thread|timeout|cpuMs|memorySize|calls|concurrency|fresh|noEval): (\S+)$/;

/**
 * Reads the first line, `// expect: CODE|CODE; timeout: 1`. `thread: CODE|CODE` is for that tier alone. Throws when it says
 * something else.
 */
export function parseAttack(id: string, file: string, source: string): Attack {
  const [first = ''] = source.split('\n', 1);
  const fields: Record<string, string> = {};
  for (const part of first.replace(/^\/\/ */, '').split('; ')) {
    const [, key, value] = FIELD.exec(part) ?? [];
    if (key === undefined || value === undefined) throw new Error(`${file}: the first line has "${part}"`);
    fields[key] = value;
  }
  if (fields.expect === undefined) throw new Error(`${file}: the first line does not say what to expect`);
  const codes = fields.expect.split('|');
  return {
    id,
    file,
    source,
    expected: { thread: fields.thread?.split('|') ?? codes, process: codes, jailed: codes },
    timeout: Number(fields.timeout ?? 1),
    cpuMs: fields.cpuMs === undefined ? undefined : Number(fields.cpuMs),
    memorySize: Number(fields.memorySize ?? 32),
    calls: Number(fields.calls ?? 1),
    concurrency: Number(fields.concurrency ?? 1),
    fresh: fields.fresh === 'true',
    noEval: fields.noEval === 'true',
    initializer: /^export (const|(async )?function) initializer\b/m.test(source),
    preStop: /^export (const|(async )?function) preStop\b/m.test(source),
  };
}

/** All attacks, sorted by id. */
export function readAttacks(): Attack[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(m?js|ts)$/.test(path))
    .map((path) => ({ path: join(FOLDER, path), id: path.replaceAll('\\', '/').replace(/\.\w+$/, '') }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, path }) => parseAttack(id, path, readFileSync(path, 'utf8')));
}
