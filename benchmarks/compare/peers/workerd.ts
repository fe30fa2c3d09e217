/** workerd, the runtime of Cloudflare's workers: one process, spoken to by HTTP over unix sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type Guest, tempFolder } from '../guests.ts';
import { type Deployed, fileOf, type Host, type Limits, type Peer, USUAL, within } from '../peer.ts';

/** Nothing newer than what the version of Miniflare beside it takes. */
export const COMPATIBILITY_DATE = '2026-06-01';

export const asWorker = (module: string): string =>
  `${module}\nexport default { async fetch(request) { return Response.json(await handler(await request.json())); } };`;

async function post(pool: Pool, path: string, event: unknown, headers: Record<string, string>): Promise<unknown> {
  const { statusCode, body } = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(event) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

const connects = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      resolve(true);
      socket.destroy();
    }).on('error', () => resolve(false));
  });

let processes = 0;

/** A workerd process and the sockets it listens on, up as soon as the last of them is there. */
class Workerd {
  readonly #child: ChildProcess;
  readonly #pools: Pool[] = [];
  #said = '';
  /** Until it listens. */
  #ready: Promise<void> | undefined;

  constructor(name: string, services: readonly string[], sockets: readonly string[]) {
    const paths = sockets.map((_, at) => join(tempFolder, `${name}-${at}.sock`));
    const config = join(tempFolder, `${name}.capnp`);
    const listed = sockets.map(
      (service, at) => `(name = "s${at}", address = "unix:${paths[at]}", http = (), service = "${service}")`,
    );
    writeFileSync(
      config,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(',\n')}, (name = "net", network = (allow = ["public", "private", "local"]))],
  sockets = [${listed.join(', ')}],
);\n`,
    );
    const file = fileOf('workerd', 'bin/workerd');
    this.#child = spawn(file, ['serve', '--experimental', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (data) => {
      this.#said = `${this.#said}${data}`.slice(-500);
    });
    for (const socketPath of paths)
      this.#pools.push(new Pool('http://localhost', { socketPath, connections: 64, pipelining: 1 }));
    this.#ready = this.#listening(paths);
    this.#ready.catch(() => undefined);
  }

  async #listening(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      while (!(await connects(path))) {
        if (this.#child.exitCode !== null) throw new Error(`workerd ended: ${this.#said}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  async call(socket: number, event: unknown, path = '/', headers: Record<string, string> = {}): Promise<unknown> {
    if (this.#ready !== undefined) {
      await this.#ready;
      this.#ready = undefined;
    }
    return await post(this.#pools[socket] as Pool, path, event, headers);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

const service = (name: string, code: string, more = ''): string => {
  writeFileSync(join(tempFolder, `${name}.js`), code);
  return `(name = "${name}", worker = (modules = [(name = "main.js", esModule = embed "${name}.js")], compatibilityDate = "${COMPATIBILITY_DATE}", globalOutbound = "net"${more}))`;
};

export const workerdHttp: Peer = {
  title: 'workerd, HTTP',
  package: 'workerd',
  boundary: 'V8 isolate in a workerd process',
  isolates: true,
  apart: true,
  settings:
    'one process with a service and a unix socket per function, started by the first call because its configuration is fixed; HTTP with up to 64 connections kept open. It has no time or memory limits of its own: what has to be contained is contained by killing the process',
  start: async () => {
    const processesOfHost = new Set<Workerd>();
    let waiting: { name: string; code: string }[] = [];
    let current: Promise<Workerd> | undefined;
    const begin = async (): Promise<Workerd> => {
      const services = waiting;
      waiting = [];
      const started = new Workerd(
        `workerd${processes++}`,
        services.map(({ name, code }) => service(name, code)),
        services.map(({ name }) => name),
      );
      processesOfHost.add(started);
      return started;
    };
    return {
      async deploy(guest: Guest, limits: Limits = USUAL): Promise<Deployed> {
        const socket = waiting.push({ name: `f${processes}-${waiting.length}`, code: asWorker(guest.module) }) - 1;
        if (socket === 0) current = undefined;
        let mine: Workerd | undefined;
        return {
          async call(event) {
            if (mine === undefined) {
              current ??= begin();
              mine = await current;
            }
            if (limits === USUAL) return mine.call(socket, event);
            return within(mine.call(socket, event), limits.timeoutMs, () => void mine?.end());
          },
          async close() {
            if (mine === undefined || !processesOfHost.delete(mine)) return;
            await mine.end();
          },
        };
      },
      close: async () => void (await Promise.all([...processesOfHost].map((each) => each.end()))),
    };
  },
};

/** Worker with a Worker Loader; code arrives with the first request of a name, as from a host that keeps it elsewhere. */
const loader = `
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname;
    const code = request.headers.get('x-code');
    const worker = env.LOADER.get(name, () => ({
      compatibilityDate: '${COMPATIBILITY_DATE}',
      mainModule: 'main.js',
      modules: { 'main.js': env[code] + '\\n//' + name },
      ...(code === 'fetch' ? {} : { globalOutbound: null }),
    }));
    return await worker.getEntrypoint().fetch(new Request('http://guest/', { method: 'POST', body: request.body }));
  },
};`;

let loaded = 0;

export const workerdLoader: Peer = {
  title: 'workerd, Worker Loader',
  package: 'workerd',
  boundary: 'V8 isolate in a workerd process',
  isolates: true,
  apart: true,
  settings:
    'one process with one worker that loads functions by name through its Worker Loader binding (experimental); the code is a text binding; HTTP over a unix socket with up to 64 connections kept open. No limits of its own: contained by killing the process',
  start: async (): Promise<Host> => {
    let running: Workerd | undefined;
    const codes = new Map<string, string>();
    const begin = (): Workerd => {
      const name = `loader${processes++}`;
      const texts = [...codes].map(([code, text]) => {
        writeFileSync(join(tempFolder, `${name}-${code}.js`), text);
        return `(name = "${code}", text = embed "${name}-${code}.js")`;
      });
      const bindings = `, bindings = [(name = "LOADER", workerLoader = ()), ${texts.join(', ')}]`;
      return new Workerd(name, [service(name, loader, bindings)], [name]);
    };
    const end = async (): Promise<void> => {
      const ending = running;
      running = undefined;
      await ending?.end();
    };
    return {
      async deploy(guest, limits = USUAL) {
        const path = `/f${loaded++}`;
        // The loader makes the code of each name differ.
        if (!codes.has(guest.name)) {
          codes.set(guest.name, asWorker(guest.module));
          await end();
        }
        // Up before the first call: a host of workers runs all the time.
        running ??= begin();
        await running.call(0, {}, '/none').catch(() => undefined);
        const call = (event: unknown): Promise<unknown> => {
          running ??= begin();
          return running.call(0, event, path, { 'x-code': guest.name });
        };
        return {
          call: (event) => (limits === USUAL ? call(event) : within(call(event), limits.timeoutMs, () => void end())),
          close: () => undefined,
        };
      },
      close: end,
    };
  },
};
