/** Servers on loopback, and functions that call them. */
import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Engine, LaneSetting, NetworkConfig } from '../../lib/index.ts';

const pem = (name: string): string => readFileSync(new URL(`./${name}.pem`, import.meta.url), 'utf8');
/** For a.test, b.test, *.a.test and 127.0.0.1; signed by itself. */
export const CERTIFICATE = pem('certificate');

/** Those who clean up: a tap test. */
interface Test {
  teardown(end: () => unknown): void;
}

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Port of a new server. */
export const serve = (t: Test, listener: RequestListener): Promise<number> => listen(t, createPlainServer(listener));

export const serveTls = (t: Test, listener: RequestListener): Promise<number> =>
  listen(t, createTlsServer({ key: pem('key'), cert: CERTIFICATE }, listener) as unknown as Server);

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const ends: (() => unknown)[] = [];
  const port = await serve({ teardown: (end) => ends.push(end) }, echo);
  for (const end of ends) await end();
  return port;
}

/** Answers with what came in, as JSON. */
export const echo: RequestListener = (request, response) => {
  void readAll(request).then((body) => {
    const { method, url, headers, rawHeaders } = request;
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body: body.toString('latin1') }));
  });
};

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Loopback is granted. */
export const LOCAL: NetworkConfig = { allow: ['127.0.0.1:*'], allowPrivate: ['127.0.0.1'] };

let count = 0;
/** Declares a function with the body of a handler of `event`, and gives its name. */
export async function define(
  engine: Engine,
  lane: LaneSetting | 'auto',
  body: string,
  network: NetworkConfig | undefined,
  more: object = {},
): Promise<string> {
  const functionName = `f${count++}_${lane}`;
  const source = `${FAILURE} export const handler = async (event, context) => { ${body} };`;
  await engine.createFunction({ functionName, lane, timeout: 60, code: { source }, network, ...more });
  return functionName;
}

/** In a guest: what `promise` fails with, as data. */
const FAILURE = `const failure = (promise) => promise.then((value) => ({ none: value }), (error) => ({
  name: error.name, message: error.message, code: error.cause?.code ?? error.code ?? error.name, cause: error.cause?.message }));`;
