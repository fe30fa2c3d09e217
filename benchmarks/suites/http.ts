/**
 * Sync invocations over HTTP on loopback, 64 connections, from another process: beside a bare Fastify route that takes the
 * same request and returns a constant.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { createEngine } from '../../lib/engine.ts';
import { Host } from '../../lib/http/host.ts';
import { createApiServer } from '../../lib/http/server.ts';
import { settingsSchema } from '../../lib/http/settings.ts';
import type { Isolation, Runtime } from '../../lib/index.ts';
import type { Rows, Suite } from '../suite.ts';

const CONNECTIONS = 64;
const BODY = JSON.stringify({ id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] });
const ANSWER = JSON.stringify({ id: 4_711, name: 'benchmark', count: 4 });
const source = 'export const handler = (event) => ({ id: event.id, name: event.name, count: event.items.length });';
const sourceOfFc =
  'export const handler = (bytes) => { const event = JSON.parse(bytes); return { id: event.id, name: event.name, count: event.items.length }; };';
const autocannon = createRequire(import.meta.url).resolve('autocannon');

interface Result {
  readonly requests: { readonly average: number };
  readonly latency: { readonly p99: number; readonly p50: number };
  readonly non2xx: number;
  readonly errors: number;
  readonly mismatches: number;
}

/** One run of the load generator in a process of its own. */
async function load(url: string, seconds: number, headers: Record<string, string>): Promise<Result> {
  const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const args = [
    '-c',
    `${CONNECTIONS}`,
    '-d',
    `${seconds}`,
    '-m',
    'POST',
    '-b',
    BODY,
    '-j',
    '-n',
    '-E',
    ANSWER,
    ...flags,
    url,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [autocannon, ...args], { maxBuffer: 10_000_000 });
  return JSON.parse(stdout) as Result;
}

async function measure(name: string, url: string, quick: boolean, headers: Record<string, string> = {}): Promise<Rows> {
  const sent = { 'content-type': 'application/octet-stream', ...headers };
  await load(url, quick ? 1 : 3, sent);
  const rates: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const result = await load(url, quick ? 1 : 5, sent);
    const wrong = result.non2xx + result.errors + result.mismatches;
    if (wrong > 0) throw new Error(`${name}: ${wrong} requests failed`);
    rates.push(result.requests.average);
    p99.push(result.latency.p99);
  }
  return { [name]: rates, [`${name}, p99`]: p99 };
}

async function bare(quick: boolean): Promise<Rows> {
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/2023-03-30/functions/:functionName/invocations', (_request, reply) =>
    reply.header('content-type', 'application/json').send(ANSWER),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return measure('bare Fastify route', `http://127.0.0.1:${port}/2023-03-30/functions/f/invocations`, quick);
}

interface Served {
  readonly isolation: Isolation;
  readonly runtime?: Runtime;
  readonly path?: string;
  /** Of the request, for clients that sign. */
  readonly headers?: (url: URL, key: { accessKeyId: string; accessKeySecret: string }) => Record<string, string>;
}

const served =
  (name: string, { isolation, runtime = 'isopod', path = '/2023-03-30/functions/f/invocations', headers }: Served) =>
  async (quick: boolean): Promise<Rows> => {
    const admin = { accessKeyId: 'benchmark', accessKeySecret: 'benchmark secret' };
    const engine = await createEngine();
    await engine.createFunction({
      functionName: 'f',
      isolation,
      runtime,
      code: { source: runtime === 'isopod' ? source : sourceOfFc },
    });
    const settings = settingsSchema.parse({ anonymous: headers === undefined, port: 0 });
    const app = await createApiServer(await Host.open({ engine, settings, admin }));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}${path}`);
    return measure(name, url.href, quick, headers?.(url, admin));
  };

export const http: Suite = {
  name: 'http',
  unit: 'requests/s',
  unitOf: (row) => (row.endsWith(', p99') ? 'ms' : undefined),
  baseline: 'bare Fastify route',
  cases: {
    bare,
    thread: served('isolation thread', { isolation: 'thread' }),
    process: served('isolation process', { isolation: 'process' }),
    'thread, event as bytes': served('isolation thread, event as bytes', { isolation: 'thread', runtime: 'nodejs20' }),
  },
  targets: [],
  caseTimeoutMs: 120_000,
};
