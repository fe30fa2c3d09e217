/** Kills engines of a cluster and its server again and again while events come in, then counts as `test/crash` does. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type CrashOptions,
  type CrashResult,
  count,
  linesOf,
  startEndpoint,
  startVictim,
  type Victim,
} from '../crash/crash.ts';
import { randomFrom } from '../crash/kinds.ts';
import { nats } from '../trigger/servers.ts';

const ENGINES = 3;

export async function crashCluster({ folder, seed, kills, forMs, tell }: CrashOptions): Promise<CrashResult> {
  const random = randomFrom(seed);
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  const posted: string[] = [];
  const endpoint = await startEndpoint(random, posted);
  const server = await nats();
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`;
  const problems: string[] = [];
  let starts = 0;
  const start = (mode: string): Victim =>
    startVictim(['', logs, `${starts++}`, `${seed}`, url, mode], { ISOPOD_CRASH_NATS: server.url });
  const end = async ({ child, lines }: Victim): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    problems.push(...lines.filter((line) => line.startsWith('error')));
  };
  const victims = Array.from({ length: ENGINES }, () => start('produce'));
  await Promise.all(victims.map(({ ready }) => ready));
  const until = performance.now() + forMs;
  let killed = 0;
  for (; killed < kills && performance.now() < until; killed++) {
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 500));
    const at = Math.floor(random() * (ENGINES + 1));
    const victim = victims[at];
    if (victim === undefined) {
      await server.kill();
      await server.start();
    } else {
      await end(victim);
      victims[at] = start('produce');
    }
    const what = victim === undefined ? 'the server' : 'an engine';
    tell(`kill ${killed + 1}, ${what}: ${linesOf(join(logs, 'acknowledged')).length} acknowledged so far`);
  }
  await Promise.all(victims.map((victim) => end(victim)));
  const last = start('finish');
  await once(last.child, 'close');
  if (last.lines.at(-1) !== 'finished') problems.push(`the last engine ended with "${last.lines.at(-1)}"`);
  const letters = last.lines.filter((line) => line.startsWith('letter ')).map((line) => line.slice('letter '.length));
  endpoint.closeAllConnections();
  endpoint.close();
  await server.stop();
  return { ...count(logs, posted, letters), kills: killed, recoveries: starts - ENGINES, problems };
}
