/** What clients of a host do over HTTP, drawn by lot, and what each of it has to be answered. */
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { createEngine, type Engine } from '../../lib/engine.ts';
import { Host } from '../../lib/http/host.ts';
import { type ApiServer, createApiServer } from '../../lib/http/server.ts';
import { settingsSchema } from '../../lib/http/settings.ts';
import { Random } from '../sim/random.ts';

const CONNECTIONS = 32;
const FUNCTIONS = 8;
const source = `
exports.handler = async (event) => {
  if (event.fails) throw new RangeError('asked to fail');
  if (event.waits) await new Promise((resolve) => setTimeout(resolve, event.waits));
  return { doubled: event.n * 2 };
};`;
const streaming = `export default { fetch: async () => { let left = 5; return new Response(new ReadableStream({
  pull(controller) { if (left-- > 0) controller.enqueue(new TextEncoder().encode('x'.repeat(10_000))); else controller.close(); } })); } };`;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Dispatcher.ResponseData['headers'];
}

export class HttpLoad {
  readonly #engine: Engine;
  readonly #host: Host;
  readonly #server: ApiServer;
  readonly #random: Random;
  readonly #agent = new Agent({ connections: CONNECTIONS });
  readonly #base: string;
  calls = 0;
  readonly outcomes: Record<string, number> = {};
  readonly surprises: string[] = [];

  private constructor(engine: Engine, host: Host, server: ApiServer, seed: number) {
    this.#engine = engine;
    this.#host = host;
    this.#server = server;
    this.#random = new Random(seed);
    this.#base = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  }

  static async open(seed: number): Promise<HttpLoad> {
    const engine = await createEngine({ workers: 1 });
    const asyncInvokeConfig = { maxAsyncRetryAttempts: 0 };
    for (let at = 0; at < FUNCTIONS; at++) {
      await engine.createFunction({
        functionName: `f${at}`,
        runtime: 'nodejs22.x',
        timeout: 60,
        asyncInvokeConfig,
        code: { source },
      });
    }
    await engine.createFunction({ functionName: 'streams', timeout: 60, code: { source: streaming } });
    const host = await Host.open({ engine, settings: settingsSchema.parse({ anonymous: true, port: 0 }) });
    const server = await createApiServer(host);
    await server.listen({ port: 0, host: '127.0.0.1' });
    return new HttpLoad(engine, host, server, seed);
  }

  async run(goesOn: () => boolean): Promise<void> {
    const client = async (): Promise<void> => {
      while (goesOn()) await this.#one();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    await this.#engine.whenIdle();
  }

  async #one(): Promise<void> {
    const { kind, ask, holds } = this.#draw();
    this.calls++;
    try {
      const answer = await ask();
      const isRight = holds(answer);
      this.outcomes[kind] = (this.outcomes[kind] ?? 0) + 1;
      if (!isRight) this.#surprise(`${kind}: ${answer.status} ${answer.text.slice(0, 200)}`);
    } catch (error) {
      this.#surprise(`${kind}: ${String(error)}`);
    }
  }

  #surprise(text: string): void {
    if (this.surprises.length < 20) this.surprises.push(text);
  }

  #draw(): { kind: string; ask: () => Promise<Answer>; holds: (answer: Answer) => boolean } {
    const of = (most: number): number => Math.floor(this.#random.next() * most);
    const n = of(1_000);
    const path = `/2023-03-30/functions/f${of(FUNCTIONS)}`;
    const invoke = (event: object, headers = {}) => this.#ask('POST', `${path}/invocations`, event, headers);
    const lot = of(100);
    if (lot < 70)
      return { kind: 'sync', ask: () => invoke({ n }), holds: ({ text }) => text === `{"doubled":${n * 2}}` };
    if (lot < 76) {
      const ask = () => invoke({ n, waits: 1 + of(5) });
      return { kind: 'awaits', ask, holds: ({ text }) => text === `{"doubled":${n * 2}}` };
    }
    if (lot < 82) {
      const holds = ({ headers }: Answer): boolean => headers['x-fc-error-type'] === 'UnhandledInvocationError';
      return { kind: 'fails', ask: () => invoke({ fails: true }), holds };
    }
    if (lot < 88) {
      const ask = () => invoke({ n }, { 'x-fc-invocation-type': 'Async' });
      return { kind: 'async', ask, holds: ({ status }) => status === 202 };
    }
    if (lot < 92) {
      const ask = () => this.#ask('POST', '/2023-03-30/functions/streams/invocations', {});
      return { kind: 'pieces', ask, holds: ({ text }) => text.length === 50_000 };
    }
    if (lot < 95) return { kind: 'shown', ask: () => this.#ask('GET', path), holds: ({ status }) => status === 200 };
    if (lot < 97) {
      const ask = () => this.#ask('PUT', path, { description: `${n}` });
      return { kind: 'changed', ask, holds: ({ status }) => status === 200 };
    }
    const ask = () => this.#ask('POST', '/2023-03-30/functions/none/invocations', {});
    return { kind: 'unknown', ask, holds: ({ status }) => status === 404 };
  }

  async #ask(method: Dispatcher.HttpMethod, path: string, body?: object, headers = {}): Promise<Answer> {
    const reply = await this.#agent.request({
      origin: this.#base,
      method,
      path,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  }

  async close(): Promise<void> {
    await this.#agent.close();
    await this.#server.close();
    await this.#host.close();
    await this.#engine.close({ timeoutMs: 1_000 });
  }
}
