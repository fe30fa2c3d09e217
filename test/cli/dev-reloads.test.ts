/** A day of `isopod dev`: a thousand reloads, each called, leave nothing behind. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { DevFunctions } from '../../lib/cli/dev-functions.ts';
import { createTestEngine } from '../../lib/testing.ts';

const RELOADS = 1_000;
/** An isolate takes more than 1 MB, so one left behind by each reload would take ten times as much. */
const MAX_GROWTH_MB = 100;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Resident memory of the process without what nobody holds any more. */
function held(): number {
  collect();
  collect();
  return process.memoryUsage.rss();
}

t.test('isolates end with the code they ran', { timeout: 300_000 }, async (t) => {
  const dir = t.testdir({ greet: { 'index.js': '' } });
  const file = join(dir, 'greet/index.js');
  await using engine = await createTestEngine();
  const count = { started: 0, ended: 0 };
  engine.observe({
    instance: ({ event }) => {
      if (event === 'started') count.started++;
      if (event === 'ended') count.ended++;
    },
  });
  const { log } = console;
  const printed: string[] = [];
  console.log = (line) => void printed.push(String(line));
  t.teardown(() => {
    console.log = log;
  });

  // Two programs in turns: what is the same is not built again, so that the time goes into reloads.
  const write = (no: number) => writeFile(file, `export const handler = () => ${no % 2};`);
  await write(0);
  const functions = new DevFunctions(engine, dir);
  await functions.start();
  let middleBytes = 0;
  for (let no = 1; no <= RELOADS; no++) {
    await write(no);
    await functions.changed(new Set([file]));
    if ((await engine.invoke('greet')) !== no % 2) t.fail(`reload ${no} did not take over`);
    if (no === RELOADS / 2) middleBytes = held();
  }
  const grownMB = (held() - middleBytes) / 1_000_000;
  t.equal(printed.filter((line) => line.includes('reloaded')).length, RELOADS);
  t.ok(count.started >= RELOADS, `${count.started} isolates`);
  t.ok(count.started - count.ended <= 3, `${count.started - count.ended} of them are left`);
  t.ok(grownMB < MAX_GROWTH_MB, `${grownMB.toFixed(1)} MB more after the second half`);
});
