import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { createEngine } from '../../lib/index.ts';

/** Captured while the module loads, used in every instance. */
const source = `
  const table = new Map(); for (let i = 0; i < 300000; i++) table.set("k" + (i % 2000), { i });
  const random = Math.random, now = Date.now, D = Date, uuid = crypto.randomUUID, values = crypto.getRandomValues;
  export const handler = () => ({
    random: [random(), Math.random()], uuid: [uuid(), crypto.randomUUID()], bytes: Array.from(values(new Uint8Array(16))),
    now: [now(), Date.now(), new D().getTime(), new Date().getTime()], uptime: performance.now(),
  });`;

interface Seen {
  readonly random: number[];
  readonly uuid: string[];
  readonly bytes: number[];
  readonly now: number[];
  readonly uptime: number;
}

/** What some instances of one snapshot see, each started anew. */
async function look(): Promise<Seen[]> {
  await using engine = await createEngine({ workers: 0 });
  const { image } = await engine.createFunction({ functionName: 'f', lane: 'direct', timeout: 60, code: { source } });
  if (image.kind !== 'snapshot') throw new Error(`no snapshot: ${image.reason}`);
  const seen: Seen[] = [];
  for (let instance = 0; instance < 4; instance++) {
    seen.push((await engine.invoke('f')) as Seen);
    await engine.updateFunction('f', { description: `${instance}` });
  }
  return seen;
}

if (process.argv[2] === 'look') {
  console.log(JSON.stringify(await look()));
} else {
  t.test(
    'random numbers, crypto and clocks are fresh in every instance of one snapshot, also across processes',
    async (t) => {
      const here = await look();
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--no-warnings',
        fileURLToPath(import.meta.url),
        'look',
      ]);
      const seen = [...here, ...(JSON.parse(stdout) as Seen[])];
      const all = <K extends keyof Seen>(key: K): unknown[] => seen.flatMap((each) => [each[key]].flat());
      t.equal(new Set(all('random')).size, seen.length * 2, 'Math.random');
      t.equal(new Set(all('uuid')).size, seen.length * 2, 'crypto.randomUUID');
      t.equal(new Set(seen.map(({ bytes }) => bytes.join())).size, seen.length, 'crypto.getRandomValues');
      for (const { now, uptime } of seen) {
        for (const time of now) t.ok(Math.abs(Date.now() - time) < 60_000, 'a clock of now');
        t.ok(uptime >= 0 && uptime < 60_000, 'the instance is as old as it is');
      }
      t.ok((here.at(-1)?.now[0] ?? 0) > (here[0]?.now[0] ?? 0), 'the clock goes on');
    },
  );
}
