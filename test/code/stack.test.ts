import t from 'tap';
import { loadCode } from '../../lib/code/load.ts';
import { mapStack } from '../../lib/code/stack.ts';
import { createEngine } from '../../lib/index.ts';

t.test('frames of the function point at its sources, kernel frames are left out', async (t) => {
  const { script, sourceMap } = await loadCode(
    { source: '\n\nexport const handler = () => {\n  throw new Error("x");\n};' },
    { handler: 'index.handler' },
  );
  const line = script.split('\n').findIndex((text) => text.includes('throw'));
  const column = (script.split('\n')[line] as string).indexOf('throw');
  const stack = `Error: x\n    at handler (isopod:function:${line + 1}:${column + 7})\n    at callNow (isopod:kernel:1:5)`;
  t.same(mapStack(stack, sourceMap), ['Error: x', '    at handler (index.ts:4:9)']);
});

t.test('hostile stacks are bounded and never throw', (t) => {
  t.equal(mapStack('at (isopod:function:99999999999:1)\n'.repeat(10_000), '{}').length, 50);
  t.ok((mapStack('x'.repeat(1_000_000), 'not a map')[0]?.length ?? 0) <= 1_000);
  t.same(mapStack('at f (isopod:function:0:0)', '{"version":3,"sources":[],"names":[],"mappings":""}'), [
    'at f (isopod:function:0:0)',
  ]);
  t.end();
});

t.test('a module that fails as it loads is told with the places in its own files', async (t) => {
  const dir = t.testdir({
    'index.ts': `import { price } from './price.ts';\nexport const handler = (): number => price;`,
    'price.ts': `interface Price { net: number }\n\nconst read = (text: string): Price => JSON.parse(text);\nexport const price = read('{').net;`,
  });
  await using engine = await createEngine({ workers: 0 });
  const error = await engine.createFunction({ functionName: 'f', code: { dir } }).catch((thrown: unknown) => thrown);
  t.match(error, { code: 'TopLevelFailed', errorType: 'SyntaxError' });
  const { stackTrace } = error as { stackTrace: string[] };
  t.match(stackTrace.join('\n'), /at read \(price\.ts:3:\d+\)\n +at (.* \()?price\.ts:4:\d+/);
  t.notMatch(stackTrace.join('\n'), 'isopod:', 'nothing of what was generated');
});
