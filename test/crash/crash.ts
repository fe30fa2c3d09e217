/** Kills an engine again and again while it takes events in, then counts: everything acknowledged must have come to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type CrashEvent, type Kind, randomFrom } from './kinds.ts';

const victim = fileURLToPath(new URL('./victim.ts', import.meta.url));

export interface CrashOptions {
  readonly folder: string;
  readonly seed: number;
  /** Stops after so many kills, or so many milliseconds; whichever comes first. */
  readonly kills: number;
  readonly forMs: number;
  readonly tell: (line: string) => void;
}

export interface CrashResult {
  readonly kills: number;
  readonly acknowledged: number;
  readonly done: number;
  readonly posted: number;
  readonly letters: number;
  /** Acknowledged, and neither done nor told: ids. */
  readonly lost: readonly string[];
  /** Done or told more than once. */
  readonly duplicates: number;
  /** Engines that started on what another had left. */
  readonly recoveries: number;
  readonly problems: readonly string[];
}

/** An endpoint that is slow and fails now and then. */
export async function startEndpoint(random: () => number, posted: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      if (random() < 0.05) return void response.writeHead(500).end();
      const { requestPayload } = JSON.parse(body) as { requestPayload: string };
      posted.push((JSON.parse(requestPayload) as CrashEvent).id);
      if (random() < 0.05) return void setTimeout(() => response.end(), 20);
      response.end();
    });
    response.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

export interface Victim {
  readonly child: ChildProcess;
  /** Resolves when the engine has started. */
  readonly ready: Promise<unknown>;
  readonly lines: string[];
}

export function startVictim(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Victim {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, ['--no-warnings', victim, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const lines: string[] = [];
  const ready = Promise.withResolvers<unknown>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    if (line === 'ready') ready.resolve(undefined);
    lines.push(line);
  });
  child.once('close', ready.resolve);
  return { child, ready: ready.promise, lines };
}

export async function crash({ folder, seed, kills, forMs, tell }: CrashOptions): Promise<CrashResult> {
  const random = randomFrom(seed);
  const dataDir = join(folder, 'data');
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  const posted: string[] = [];
  const server = await startEndpoint(random, posted);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const problems: string[] = [];
  const argsOf = (start: number, mode: string): string[] => [dataDir, logs, `${start}`, `${seed}`, url, mode];
  const until = performance.now() + forMs;
  let killed = 0;
  while (killed < kills && performance.now() < until) {
    const { child, ready, lines } = startVictim(argsOf(killed, 'produce'));
    const closed = once(child, 'close');
    // Every third is killed while it starts, if it takes that long.
    if (random() < 0.7) await ready;
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * 600));
    child.kill('SIGKILL');
    await closed;
    killed++;
    problems.push(...lines.filter((line) => line.startsWith('error')));
    tell(`kill ${killed}: ${linesOf(join(logs, 'acknowledged')).length} acknowledged so far`);
  }
  const last = startVictim(argsOf(killed, 'finish'));
  await once(last.child, 'close');
  server.closeAllConnections();
  server.close();
  if (last.lines.at(-1) !== 'finished') problems.push(`the last engine ended with "${last.lines.at(-1)}"`);
  problems.push(...last.lines.filter((line) => line.startsWith('error')));
  const letters = last.lines.filter((line) => line.startsWith('letter ')).map((line) => line.slice('letter '.length));
  return { ...count(logs, posted, letters), kills: killed, recoveries: killed, problems };
}

export function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

export function count(logs: string, posted: readonly string[], letters: readonly string[]) {
  const acknowledged = linesOf(join(logs, 'acknowledged')).map((line) => line.split(' ') as [Kind, string]);
  const done = linesOf(join(logs, 'done'));
  const ends = { done: new Set(done), posted: new Set(posted), letters: new Set(letters) };
  const hasEnded = (kind: Kind, id: string): boolean => {
    switch (kind) {
      case 'posts':
        return ends.posted.has(id);
      case 'letters':
        return ends.letters.has(id);
      case 'tells':
        return ends.done.has(id) && ends.posted.has(id);
      default:
        return ends.done.has(id);
    }
  };
  const lost = acknowledged.filter(([kind, id]) => !hasEnded(kind, id)).map((parts) => parts.join(' '));
  const duplicates =
    done.length - ends.done.size + posted.length - ends.posted.size + letters.length - ends.letters.size;
  return {
    acknowledged: acknowledged.length,
    done: ends.done.size,
    posted: ends.posted.size,
    letters: ends.letters.size,
    lost,
    duplicates,
  };
}
