import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { at, inTime, PLACES } from '../engine/places.ts';

for (const place of PLACES) {
  t.test(`${place}: a limit that ends a function names itself, its value, and how to raise it`, async (t) => {
    await using engine = await createEngine({ workers: 1, maxPayloadBytes: 2_048 });
    let count = 0;
    const define = async (source: string, more: object): Promise<string> => {
      const functionName = `f${count++}`;
      await engine.createFunction({ functionName, ...at(place), code: { source }, ...more });
      return functionName;
    };
    const failure = async (source: string, more: object): Promise<unknown> => {
      const name = await define(source, more);
      return engine.invoke(name).catch((error: unknown) => error);
    };
    /** Of a call that finds an instance ready. */
    const warmFailure = async (body: string, more: object): Promise<unknown> => {
      const name = await define(`exports.handler = (event) => { if (event) ${body} };`, more);
      await inTime(() => engine.invoke(name));
      return engine.invoke(name, 1).catch((error: unknown) => error);
    };
    const initializer = { instanceLifecycleConfig: { initializer: { handler: 'index.initializer', timeout: 0.1 } } };
    const overTime = { code: 'FunctionTimeout', message: /^The call took longer than the 0.1 s .*raise timeout/ };
    t.match(await warmFailure('for (;;);', { timeout: 0.1 }), overTime);
    t.match(await warmFailure('return new Promise(() => {});', { timeout: 0.1 }), overTime);
    const overInitializer = {
      code: 'FunctionTimeout',
      message: /^The initializer .* 0.1 s .*raise .*initializer.timeout/,
    };
    const hangs = 'exports.initializer = () => { for (;;); }; exports.handler = () => 1;';
    t.match(await failure(hangs, initializer), overInitializer);
    const awaits = 'exports.initializer = () => new Promise(() => {}); exports.handler = () => 1;';
    t.match(await failure(awaits, initializer), overInitializer);
    const grows = 'exports.handler = () => { const all = []; for (;;) all.push({ n: all.length }); };';
    t.match(await failure(grows, { memorySize: 16 }), {
      code: 'FunctionOutOfMemory',
      message: /memorySize of 16 MB; raise memorySize/,
    });
    t.match(await failure('exports.handler = () => "x".repeat(5_000);', {}), {
      code: 'ResultTooLarge',
      message: /5002 characters.*2048, maxPayloadBytes/,
    });
  });
}
