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
  /** Each engine has a folder of its own, with an outbox in it. */
  const start = (at: number, mode: string): Victim =>
    startVictim([join(folder, `engine-${at}`), logs, `${starts++}`, `${seed}`, url, mode], {
      ISOPOD_CRASH_NATS: server.url,
    });
  const end = async ({ child, lines }: Victim): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }
    problems.push(...lines.filter((line) => line.startsWith('error')));
  };
  const victims = Array.from({ length: ENGINES }, (_, at) => start(at, 'produce'));
  await Promise.all(victims.map(({ ready }) => ready));
  const until = performance.now() + forMs;
  let killed = 0;
  for (; killed < kills && performance.now() < until; killed++) {
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 500));
    // Most engines get to work before they are killed again.
    if (random() < 0.7) await Promise.all(victims.map(({ ready }) => ready));
    const at = Math.floor(random() * (ENGINES + 1));
    const victim = victims[at];
    if (victim === undefined) {
      await server.kill();
      // Long enough for the outboxes to be used.
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await server.start();
    } else {
      await end(victim);
      victims[at] = start(at, 'produce');
    }
    const what = victim === undefined ? 'the server' : 'an engine';
    tell(`kill ${killed + 1}, ${what}: ${linesOf(join(logs, 'acknowledged')).length} acknowledged so far`);
  }
  await Promise.all(victims.map((victim) => end(victim)));
  const letters: string[] = [];
  for (let at = 0; at < ENGINES; at++) {
    // All see the same dead letters.
    const isLast = at === ENGINES - 1;
    const { child, lines } = start(at, isLast ? 'finish' : 'drain');
    await once(child, 'close');
    if (lines.at(-1) !== 'finished') problems.push(`an engine that was to finish ended with "${lines.at(-1)}"`);
    for (const line of lines) if (line.startsWith('letter ')) letters.push(line.slice('letter '.length));
    tell(`engine ${at} has nothing left to do`);
  }
  endpoint.closeAllConnections();
  endpoint.close();
  await server.stop();
  return { ...count(logs, posted, letters), kills: killed, recoveries: starts - ENGINES, problems };
}
