/**
 * Tables of expressions that have the same value in a guest as in Node.js, which has nearly all of the web's
 * interfaces itself. Where Node.js differs from a standard, or has no such interface, the table gives the standard's value.
 */
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { createEngine, type Engine } from '../../../lib/index.ts';

export interface Table {
  /** Statements that run once, before the rows. */
  readonly setup?: string;
  /** Expressions, evaluated in their order; they may await, and may throw. */
  readonly rows?: readonly string[];
  /** Expression -> what a standard says its value is; also a row. Node.js is not asked. */
  readonly standard?: Readonly<Record<string, unknown>>;
  readonly webAssembly?: boolean;
}

type Rows = Record<string, unknown>;

/** A value as JSON that keeps what JSON loses. Its text runs on both sides, so it uses nothing around it. */
function plain(value: unknown): unknown {
  const bare = (): string => Object.prototype.toString.call(value).slice(8, -1);
  if (value === undefined) return { undefined: true };
  if (typeof value === 'bigint' || typeof value === 'symbol') return { [typeof value]: String(value) };
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { number: '-0' };
    return Number.isFinite(value) ? value : { number: String(value) };
  }
  if (typeof value === 'function') return { function: value.name };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return { error: value.name, class: value.constructor.name };
  if (Array.isArray(value)) return Array.from(value, plain);
  if (ArrayBuffer.isView(value)) {
    return { [bare()]: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  }
  if (value instanceof ArrayBuffer) return { ArrayBuffer: [...new Uint8Array(value)] };
  if (value instanceof Date) return { Date: value.getTime() };
  if (value instanceof Map) return { Map: [...value].map(plain) };
  if (value instanceof Set) return { Set: [...value].map(plain) };
  if (bare() !== 'Object') return { [bare()]: {} };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const script = ({ setup = '' }: Table, rows: readonly string[]): string => `
  ${plain.toString()}
  const $values = {};
  const $row = async (text, evaluate) => {
    try {
      $values[text] = plain(await evaluate());
    } catch (error) {
      $values[text] = { threw: plain(error) };
    }
  };
  ${setup}
  ${rows.map((text) => `await $row(${JSON.stringify(text)}, async () => (${text}));`).join('\n')}
  return JSON.stringify($values);`;

const AsyncFunction = (async () => undefined).constructor as new (body: string) => () => Promise<string>;

let engine: Promise<Engine> | undefined;
t.after(async () => (await engine)?.close());
let count = 0;

/** Runs `body`, that of an async function with an `event`, in a new guest. */
export async function runInGuest(body: string, more: { readonly webAssembly?: boolean } = {}): Promise<unknown> {
  engine ??= createEngine({ workers: 1 });
  const functionName = `guest${count++}`;
  const source = `export const handler = async (event) => {${body}\n};`;
  const using = await engine;
  await using.createFunction({
    functionName,
    lane: 'direct',
    snapshot: 'never',
    timeout: 90,
    code: { source },
    ...more,
  });
  return using.invoke(functionName, {});
}

/** One test per table: one per row would be thousands. A failure names its rows. */
export function compare(tables: Readonly<Record<string, Table>>): void {
  for (const [sentence, table] of Object.entries(tables)) t.test(sentence, (t) => compareTable(t, table));
}

async function compareTable(t: Test, table: Table): Promise<void> {
  const { rows = [], standard = {}, webAssembly = false } = table;
  const all = [...rows, ...Object.keys(standard)];
  const guest = JSON.parse((await runInGuest(script(table, all), { webAssembly })) as string) as Rows;
  const node = JSON.parse(await new AsyncFunction(script(table, rows))()) as Rows;
  for (const [text, value] of Object.entries(standard)) node[text] = plain(value);
  t.equal(Object.keys(node).length, all.length, 'no row is there twice');
  for (const text of all) {
    if (isDeepStrictEqual(guest[text], node[text])) continue;
    t.fail(`${text}\n  is      ${JSON.stringify(guest[text])}\n  and not ${JSON.stringify(node[text])}`, {
      at: null,
      stack: '',
    });
  }
  t.pass(`${all.length} expressions were compared`);
}
