/** Long events, results and pieces: they arrive whole, and what they took is free again. */
import t from 'tap';
import { createEngine, type Lane } from '../../lib/index.ts';

const MB = 1_000_000;
const SOURCE = `
  const text = 'z'.repeat(${MB});
  export const takes = ({ text }) => text.length;
  export const gives = (n) => text + n;
  export const echoes = (event) => event;
  export const throws = (text) => { throw new Error(text); };
  export const rejects = (text) => { Promise.reject(new Error(text)); return text; };
`;

/** What memory grows by in so many runs, after as many as `before`. */
async function grownMB(before: number, runs: number, run: () => unknown): Promise<number> {
  for (let at = 0; at < before; at++) await run();
  const began = process.memoryUsage.rss();
  for (let at = 0; at < runs; at++) await run();
  return (process.memoryUsage.rss() - began) / MB;
}

for (const lane of ['direct', 'worker'] satisfies Lane[]) {
  t.test(`on the ${lane} lane`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const define = (name: string): Promise<unknown> =>
      engine.createFunction({
        functionName: name,
        handler: `index.${name}`,
        code: { source: SOURCE },
        lane,
        timeout: 60,
      });
    for (const name of ['takes', 'gives', 'echoes', 'throws', 'rejects']) await define(name);

    await t.test('texts of every length come back as they were', async (t) => {
      const lengths = [0, 1, 508, 509, 510, 511, 512, 513, 1_023, 1_024, 65_536, MB];
      for (const unit of ['a', 'é', '漢', '😀', '"\\\n', '\ud800']) {
        const texts = lengths.map((length) => unit.repeat(Math.ceil(length / unit.length)));
        const back = await Promise.all(texts.map((text) => engine.invoke('echoes', text)));
        t.same(
          back.map((text, at) => text === texts[at]),
          texts.map(() => true),
          JSON.stringify(unit),
        );
      }
      const bytes = new Uint8Array(100_000).map((_, at) => at % 256);
      t.same(await engine.invoke('echoes', bytes), bytes);
    });

    await t.test('so do long messages of errors, and results beside a long rejection', async (t) => {
      const text = 'no '.repeat(1_000);
      await t.rejects(engine.invoke('throws', text), { message: text });
      t.equal(await engine.invoke('rejects', text), text);
      t.equal(await engine.invoke('echoes', 'still there'), 'still there');
    });

    for (const [name, event] of [
      ['takes', { text: 'y'.repeat(MB) }],
      ['gives', 1],
    ] as const) {
      await t.test(`200 calls with a megabyte that a function ${name} leave little of it`, async (t) => {
        const grown = await grownMB(100, 200, () => engine.invoke(name, event));
        t.ok(grown < 150, `${grown.toFixed(0)} MB more`);
      });
    }
  });
}
