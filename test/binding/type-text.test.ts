/** The declarations guest authors get: they compile, and a handler that misuses a binding does not. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { typeOf } from '../../lib/binding/json-type.ts';
import { type Bindings, binding, bindingTypes, createEngine, type StandardSchema } from '../../lib/index.ts';

const compiler = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;
const noTypes: StandardSchema = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } };
const row = z.looseObject({ id: z.number().describe('Primary key'), name: z.string().optional() });
const tree = z.object({
  value: z.number(),
  get children() {
    return z.array(tree);
  },
});

const bindings: Bindings = {
  db: {
    ping: () => 1,
    query: binding({
      description: 'Runs one statement. */ export const broken = 1; /*',
      args: [z.string().meta({ title: 'sql' }), z.array(z.union([z.string(), z.number()])).optional()],
      result: z.array(row),
      call: (_context, _sql, _values) => [{ id: 1 }],
    }),
    find: binding({ args: [z.number()], result: row.optional(), call: (_context, id) => ({ id }) }),
    tree: binding({
      args: z.tuple([z.enum(['a', 'b']), z.boolean().optional()]),
      result: tree,
      call: () => ({ value: 1, children: [] }),
    }),
    opaque: binding({ args: [noTypes], result: noTypes, call: () => 1 }),
  },
  'odd "name"\n': { 'a-b': binding({ args: [z.string().meta({ title: 'class' })], call: () => 1 }), '0': () => 1 },
  empty: {},
};

const handler = `
import type { Bindings, Context, Env, Handler } from './bindings';
export const handler: Handler<{ id: number }, string> = async (event, context) => {
  const rows = await context.bindings.db.query('select', [event.id, 'x']);
  const first: number | undefined = rows[0]?.id;
  const found = await context.bindings.db.find(1);
  const name: string | undefined = found?.name;
  const value: number = (await context.bindings.db.tree('a')).children[0].value;
  const unknown: unknown = await context.bindings.db.ping('anything', 1);
  await context.bindings.db.opaque({});
  await context.bindings['odd "name"\\n']['a-b']('x');
  return \`\${first} \${name} \${value} \${unknown} \${context.function.name}\`;
};
export default {
  fetch: async (_request: unknown, env: Env) => {
    const one: number | undefined = (await env.db.find(1))?.id;
    const variable: unknown = env.LOCALE;
    return [one, variable];
  },
};
export const wrong = async ({ db }: Bindings) => {
  // @ts-expect-error
  await db.query(1);
  // @ts-expect-error
  await db.tree('c');
  // @ts-expect-error
  (await db.find(1)).id;
  // @ts-expect-error
  db.nothing();
};
`;

t.test('the generated declarations compile together with a handler and know its mistakes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'isopod-types-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const text = bindingTypes(bindings);
  await writeFile(join(folder, 'bindings.d.ts'), text);
  await writeFile(join(folder, 'handler.ts'), handler);
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2024',
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
    },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const output = await promisify(execFile)(compiler, ['-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  t.equal(output, '', 'the compiler has nothing to say');
  t.match(text, /query: \(sql: string, argument2\?: Array<\(string \| number\)>\) => Promise<Array<\{/);
  t.match(text, /\/\*\* Primary key \*\//);
  t.match(text, /"a-b": \(argument1: string\)/);
  t.match(text, /opaque: \(argument1\?: unknown\) => Promise<unknown>/);
});

t.test('the engine gives the declarations of a function', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'typed', code: { source: 'export const handler = () => 1;' }, bindings });
  t.equal(engine.bindingTypes('typed'), bindingTypes(bindings));
  await engine.createFunction({ functionName: 'none', code: { source: 'export const handler = () => 1;' } });
  t.match(engine.bindingTypes('none'), /export interface Bindings \{\n\}/);
  t.throws(() => engine.bindingTypes('nobody'), { code: 'FunctionNotFound' });
});

t.test('JSON Schema becomes the type it means, and unknown where there is none', (t) => {
  const cases: [schema: object, type: string][] = [
    [{}, 'unknown'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, '(string | null)'],
    [{ const: 'a"b' }, '"a\\"b"'],
    [{ enum: [1, 'x', null] }, '(1 | "x" | null)'],
    [{ anyOf: [{ type: 'string' }, { type: 'string' }] }, 'string'],
    [{ not: {} }, 'never'],
    [{ type: 'array' }, 'Array<unknown>'],
    [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } }, '[string, ...Array<number>]'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'boolean' } } }, 'boolean'],
    [{ $ref: '#/$defs/missing' }, 'unknown'],
    [{ $ref: 'https://elsewhere/%' }, 'unknown'],
    [{ $ref: '#' }, 'unknown'],
    [{ type: 'strange' }, 'unknown'],
    [{ anyOf: 'strange', enum: 5 }, 'unknown'],
  ];
  for (const [schema, type] of cases) t.equal(typeOf(schema), type, JSON.stringify(schema));
  t.end();
});
