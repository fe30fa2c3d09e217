/**
 * Sync invocations over HTTP on loopback, 64 connections, from another process: beside a bare Fastify route that takes the
 * same request and returns a constant.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { createEngine } from '../../lib/engine.ts';
import { Host } from '../../lib/http/host.ts';
import { createApiServer } from '../../lib/http/server.ts';
import { settingsSchema } from '../../lib/http/settings.ts';
import type { Isolation, Runtime } from '../../lib/index.ts';
import { peersInstalled } from '../compare/install.ts';
import { fileOf, load as loadPeer } from '../compare/peer.ts';
import { asWorker, COMPATIBILITY_DATE } from '../compare/peers/workerd.ts';
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
  await load(url, 1, sent);
  const rates: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const result = await load(url, quick ? 1 : 2, sent);
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

/** A peer with the same handler, or why it is not measured. */
const peer =
  (name: string, run: (script: string) => Promise<{ url: string; end(): Promise<unknown> }>) =>
  async (quick: boolean): Promise<Rows> => {
    if (!peersInstalled()) return { [name]: 'not installed: npm run bench -- peers' };
    const { url, end } = await run(asWorker(source.replace('export const', 'const')));
    try {
      return await measure(name, url, quick);
    } finally {
      await end();
    }
  };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function workerd(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'isopod-bench-'));
  const port = await freePort();
  await writeFile(join(folder, 'main.js'), script);
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "main.js", esModule = embed "main.js")], compatibilityDate = "${COMPATIBILITY_DATE}"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);\n`,
  );
  const child = spawn(fileOf('workerd', 'bin/workerd'), ['serve', join(folder, 'config.capnp')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/`;
  while (
    !(await fetch(url, { method: 'POST', body: BODY }).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error('workerd ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  return { url, end };
}

interface MiniflareModule {
  Miniflare: new (options: object) => { readonly ready: Promise<URL>; dispose(): Promise<void> };
}

async function miniflare(script: string) {
  const { Miniflare } = await loadPeer<MiniflareModule>('miniflare');
  const instance = new Miniflare({
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    host: '127.0.0.1',
    port: 0,
  });
  return { url: (await instance.ready).href, end: () => instance.dispose() };
}

const BARE = 'bare Fastify route';
const beside = ['isolation thread', 'isolation process', 'isolation thread, event as bytes', 'workerd', 'Miniflare'];

export const http: Suite = {
  name: 'http',
  unit: 'requests/s',
  unitOf: (row) => (row.endsWith(', p99') ? 'ms' : undefined),
  baseline: BARE,
  baselines: Object.fromEntries([BARE, ...beside].map((row) => [`${row}, p99`, `${BARE}, p99`])),
  cases: {
    bare,
    thread: served('isolation thread', { isolation: 'thread' }),
    process: served('isolation process', { isolation: 'process' }),
    'thread, event as bytes': served('isolation thread, event as bytes', { isolation: 'thread', runtime: 'nodejs20' }),
    workerd: peer('workerd', workerd),
    miniflare: peer('Miniflare', miniflare),
  },
  targets: [
    {
      row: BARE,
      against: 'isolation thread',
      max: 1 / 0.85,
      says: 'a bare route that returns a constant is at most 1.18 times as fast',
    },
    { row: 'workerd', against: 'isolation thread', max: 1, says: 'workerd is not faster' },
    { row: 'Miniflare', against: 'isolation thread', max: 1, says: 'Miniflare is not faster' },
  ],
  caseTimeoutMs: 120_000,
};
