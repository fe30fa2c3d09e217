/** Every example function gives in an isolate what it gives in plain Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { exampleEvent, listFunctionFolders, readFunction } from '../lib/cli/function-folder.ts';
import { createEngine, type Engine, type FunctionConfig, type InvokeStatus, IsopodError } from '../lib/index.ts';

const root = resolve('fixtures/functions');
const folders = await listFunctionFolders(root);

type Method = (...args: unknown[]) => unknown;
type Exports = Record<string, Method | undefined> & {
  default?: { fetch?: (request: Request) => Promise<Response> } & Record<string, Method | undefined>;
};
interface WebEvent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What the function does in plain Node: its value, or the error it threw or gave its callback. */
async function inNode(folder: string, { handler = 'index.handler', functionName, ...rest }: FunctionConfig) {
  const file = readdirSync(folder).find((name) => /^index\.([mc]?js|ts)$/.test(name)) as string;
  const exports = (await import(pathToFileURL(resolve(folder, file)).href)) as Exports;
  const of = (name: string): Method | undefined => {
    const key = name.slice(name.lastIndexOf('.') + 1);
    return exports[key] ?? exports.default?.[key];
  };
  const logger = { debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const context = { requestId: 'plain-node', function: { name: functionName }, logger };
  const event = await exampleEvent(folder);
  Object.assign(process.env, rest.environmentVariables);
  const { initializer } = rest.instanceLifecycleConfig ?? {};
  if (initializer !== undefined) await of(initializer.handler)?.(context);
  const run = of(handler);
  if (run === undefined) return fetchInNode(exports, event as WebEvent);
  if (run.length < 3) return run(event, context);
  return new Promise((resolve, reject) => {
    run(event, context, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
  });
}

async function fetchInNode(exports: Exports, { url, ...init }: WebEvent) {
  const response = (await exports.default?.fetch?.(new Request(url, init))) as Response;
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    isBase64Encoded: false,
  };
}

/** What a right answer looks like, so that two equal wrong ones are not taken for right. */
const facts: Record<string, (value: never) => unknown> = {
  binary: (png: Uint8Array) => png.length === 2_088 && !Buffer.from(png).includes('Ada Lovelace'),
  callback: (value: { cheapest: string }) => value.cheapest === 'Bike' || value.cheapest === 'Post',
  crunch: (value: { price: number }) => value.price > 9 && value.price < 10,
  'csv-to-json': (value: { rows: unknown[]; problems: { code: string }[] }) =>
    value.rows.length === 49 && value.problems[0]?.code === 'TooManyFields',
  dates: (value: { shippedOn: string; arrives: string }) =>
    value.shippedOn === '2026-04-07' && value.arrives === '2026-04-10T07:00:00Z',
  hello: (value: string) => value === 'Hello, Ada!',
  initializer: (value: { locale: string; total: number }) => value.locale === 'en' && value.total === 10,
  'lodash-report': (value: { regions: unknown[] }) => value.regions.length === 3,
  markdown: (value: { html: string; toc: { id: string }[] }) =>
    value.toc.at(-1)?.id === 'fixed-1' && !value.html.includes('<script>') && value.html.includes('<table>'),
  slow: (value: { waitedMs: number }) => value.waitedMs === 147,
  template: (value: { subject: string; html: string }) =>
    value.subject === 'Order A-10042: 6 items are on the way' && value.html.includes('&lt;A5&gt;'),
  validate: (value: { accepted: number; rejected: unknown[] }) => value.accepted === 1 && value.rejected.length === 3,
  'validate-zod': (value: { accepted: unknown[]; balance: { EUR: number } }) =>
    value.accepted.length === 3 && value.balance.EUR === 10_000,
  'web-fetch': (value: { statusCode: number; headers: { location: string } }) =>
    value.statusCode === 201 && value.headers.location === 'https://links.example.com/isolates',
  'web-hono': (value: { statusCode: number; body: string }) =>
    value.statusCode === 201 && JSON.parse(value.body).left === 11,
};

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

t.test('the examples are all there, in several styles of source', async (t) => {
  t.equal(folders.length, 16);
  const sources = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith('index.')));
  t.same([...new Set(sources)].sort(), ['index.cjs', 'index.js', 'index.mjs', 'index.ts']);
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
    t.equal(manifest.private, true, `${manifest.name} is private`);
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      t.match(version, /^\d+\.\d+\.\d+$/, `${manifest.name} pins ${name}`);
    }
  }
});

for (const folder of folders) {
  const declared = await readFunction(folder);
  const { functionName } = declared;
  t.test(`${functionName} gives the same in an isolate, on either lane, as in plain Node`, async (t) => {
    const event = await exampleEvent(folder);
    const wanted = await inNode(folder, declared).catch((error: Error) => error);
    for (const lane of ['direct', 'worker'] as const) {
      const name = `${functionName}_${lane}`;
      await engine.createFunction({ ...declared, functionName: name, lane, timeout: 60 });
      const status: InvokeStatus = {};
      const got = await engine.invoke(name, event, { status }).catch((error: IsopodError) => error);
      t.equal(status.lane, lane);
      if (wanted instanceof Error) {
        const { code, errorType, message, stackTrace } = got as IsopodError;
        t.match({ code, errorType, message }, { code: 'UnhandledInvocationError', errorType: wanted.name });
        t.equal(message, wanted.message);
        t.match(stackTrace?.[1], /charge \(index\.ts:\d+:\d+\)/);
        continue;
      }
      t.notOk(got instanceof IsopodError, `${got instanceof IsopodError ? got.message : 'no error'}`);
      // A function may tell its own name, which differs by lane here.
      t.same(JSON.parse(JSON.stringify(got).replaceAll(`"${name}"`, `"${functionName}"`)), plain(wanted));
      t.ok(facts[functionName]?.(got as never), 'and it is the right answer');
      await engine.deleteFunction(name);
    }
  });
}

/** As it comes back through JSON: undefined members left out. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
