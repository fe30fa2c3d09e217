/** Runs the same source in an isolate and in plain Node.js, and compares what comes out of both as JSON. */
import t from 'tap';
import { createEngine, type Engine, type FunctionConfig } from '../../../lib/index.ts';

let engine: Engine | undefined;
let count = 0;

t.teardown(() => engine?.close());

/** What each case came to: its value, or name, code and message of what it threw. */
type Outcomes = Record<string, { readonly value?: unknown; readonly error?: Record<string, unknown> }>;

/** Name of a case -> statements of an asynchronous function body that returns a JSON value. */
export type Cases = Readonly<Record<string, string>>;

function moduleOf(imports: string, cases: Cases): string {
  const bodies = Object.entries(cases).map(([name, body]) => `${JSON.stringify(name)}: async () => { ${body} },`);
  return `${imports}
const cases = { ${bodies.join('\n')} };
export const handler = async () => {
  const outcomes = {};
  for (const [name, run] of Object.entries(cases)) {
    let timer;
    const hangs = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('it hangs')), 20_000); });
    try { outcomes[name] = { value: await Promise.race([run(), hangs]) }; }
    catch (error) { outcomes[name] = { error: { name: error.name, code: error.code, message: error.message } }; }
    clearTimeout(timer);
  }
  return outcomes;
};`;
}

export async function inGuest(source: string, more: Partial<FunctionConfig> = {}): Promise<unknown> {
  engine ??= await createEngine({ workers: 1 });
  const functionName = `f${count++}`;
  await engine.createFunction({
    functionName,
    lane: 'direct',
    timeout: 90,
    code: { source, language: 'js' },
    ...more,
  } as FunctionConfig);
  return engine.invoke(functionName, {});
}

/** The engine all cases of a file share. */
export async function sharedEngine(): Promise<Engine> {
  engine ??= await createEngine({ workers: 1 });
  return engine;
}

async function inNode(source: string): Promise<unknown> {
  const { handler } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    handler: () => Promise<unknown>;
  };
  return JSON.parse(JSON.stringify(await handler()));
}

/** One subtest; a case that fails is named. */
export function compare(title: string, imports: string, cases: Cases): void {
  t.test(title, async (t) => {
    const source = moduleOf(imports, cases);
    const [guest, node] = (await Promise.all([inGuest(source), inNode(source)])) as [Outcomes, Outcomes];
    for (const name of Object.keys(cases)) t.same(guest[name], node[name], name);
  });
}
