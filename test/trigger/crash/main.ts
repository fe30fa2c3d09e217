/**
 * `npm run crash -- triggers [--kills N] [--messages N] [--seed N]`: kills an engine with triggers, and the servers they
 * listen to, again and again, and counts. The exit code is 1 when anything was lost or out of order.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../../crash/kinds.ts';
import { crash, SOURCES, type SourceName } from './crash.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    messages: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'isopod-crash-'));
console.error(`seed ${values.seed}, folder ${folder}`);
const result = await crash({
  folder,
  sources: Object.keys(SOURCES) as SourceName[],
  kills: Number(values.kills),
  messages: Number(values.messages),
  random: randomFrom(Number(values.seed)),
  tell: (line) => console.error(line),
});
console.table(
  Object.fromEntries(Object.entries(result).map(([name, { lost, ...rest }]) => [name, { ...rest, lost: lost.length }])),
);
const isRight = Object.values(result).every(({ lost, inOrder }) => lost.length === 0 && inOrder);
if (isRight) rmSync(folder, { recursive: true, force: true });
else process.exitCode = 1;
