/** Declares functions in a data folder and ends, for benchmarks of a host that has them: `node declare-functions.ts FOLDER COUNT`. */
import { createEngine } from '../../lib/index.ts';

/** Sources that differ: functions share them, because thousands of builds would take the time. Each has its own configuration. */
const SOURCES = 20;

const sourceOf = (
  no: number,
): string => `const table = Object.fromEntries(Array.from({ length: 40 }, (_, at) => ['k' + at, at * ${no}]));
export const handler = (event) => ({ id: event.id + ${no}, mood: process.env.MOOD, found: table['k' + (event.id % 40)] });`;

const [dataDir = '', count = '0'] = process.argv.slice(2);
const engine = await createEngine({ workers: 0, dataDir, keepFunctions: true });
for (let no = 0; no < Number(count); no++) {
  await engine.createFunction({
    functionName: `f${no}`,
    code: { source: sourceOf(no % SOURCES) },
    lane: 'direct',
    idleTimeout: 3_600,
    timeout: 60,
    snapshot: 'always',
    environmentVariables: { MOOD: `mood of ${no}` },
  });
}
await engine.close();
