/**
 * The process attacks are aimed at: an engine with the hostile function and an honest neighbour that is called all along.
 * Tells its parent an Observation for each attack, closes the engine and must end by itself. Started by `under-attack.ts`.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { binding, createEngine, type Engine, type FunctionConfig, type InvokeStatus } from '../../lib/index.ts';
import type { Attack, Tier } from './attacks.ts';
import type { Observation } from './observation.ts';

export interface Order {
  readonly attacks: readonly Attack[];
  readonly tier: Tier;
  readonly dataDir: string;
}

/** Texts that no guest but their owner may ever hold. */
const SECRETS = ['secret-of-the-host', 'secret-of-the-neighbour', 'secret-of-the-network'];
/** What an attack writes into its result or its log when it got what it was after. */
const MARK = 'ESCAPED';
/** Milliseconds between two calls of the neighbour. */
const PULSE_MS = 25;

const neighbour = `let calls = 0;
export const handler = (event) => [++calls, event, process.env.SECRET.length];`;

const bindings: NonNullable<FunctionConfig['bindings']> = {
  host: {
    echo: (...values: unknown[]) => values,
    later: async (value: unknown) => value,
    never: () => new Promise(() => undefined),
    // Own properties cross; cause and stack are the host's business.
    fail: () => {
      const cause = new Error(SECRETS[0]);
      throw Object.defineProperty(new Error('refused', { cause }), 'hidden', { value: SECRETS[0] });
    },
    merge: (given: object) => Object.assign({}, given),
    thrice: binding({ call: () => 'three', quota: { callsPerInvocation: 3 } }),
  },
};

/** Serves what misbehaves: an endless body, a redirect to itself, one away from what is granted, a slow one. */
function misbehave(url: string, answer: ServerResponse): void {
  if (url === '/endless') {
    const more = (): void => {
      while (!answer.destroyed && answer.write(Buffer.alloc(65_536)));
    };
    answer.on('drain', more);
    return more();
  }
  if (url === '/loop') return void answer.writeHead(302, { location: '/loop' }).end();
  if (url === '/metadata') return void answer.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
  if (url === '/never') return;
  answer.end('fine');
}

const server: Server = createServer((request, answer) => misbehave(request.url ?? '', answer));

function declare(attack: Attack, tier: Tier, port: number): FunctionConfig {
  const hook = { timeout: 1 };
  return {
    functionName: 'attack',
    code: { source: attack.source, language: attack.file.endsWith('.ts') ? 'ts' : 'js' },
    isolation: tier,
    timeout: attack.timeout,
    memorySize: attack.memorySize,
    instanceConcurrency: attack.concurrency,
    cpuMs: attack.cpuMs,
    freshInstance: attack.fresh,
    dynamicCode: !attack.noEval,
    maxInstances: 2,
    bindings,
    network: {
      allow: [`http://127.0.0.1:${port}`],
      allowPrivate: ['127.0.0.1'],
      maxRequests: 20,
      maxResponseBytes: 1_000_000,
      secrets: { TOKEN: { value: SECRETS[2] as string, hosts: ['api.example.com'] } },
    },
    instanceLifecycleConfig: {
      ...(attack.initializer && { initializer: { handler: 'index.initializer', timeout: 1 } }),
      ...(attack.preStop && { preStop: { handler: 'index.preStop', ...hook } }),
    },
    asyncInvokeConfig: { maxAsyncRetryAttempts: 0 },
  };
}

/** Calls the neighbour until told to stop; resolves with whether each answer was right. In a cell it keeps its instance. */
async function keepCalling(engine: Engine, tier: Tier, until: AbortSignal): Promise<boolean> {
  let last = 0;
  for (let no = 1; ; no++) {
    const final = until.aborted;
    const answer = (await engine.invoke('neighbour', { no })) as [number, { no: number }, number];
    if (answer[1]?.no !== no || (tier !== 'thread' && answer[0] !== last + 1)) return false;
    last = answer[0];
    if (final) return true;
    await sleep(PULSE_MS, undefined, { signal: until }).catch(() => undefined);
  }
}

const before = new Map(
  [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, globalThis].map((owner) => [
    owner,
    Reflect.ownKeys(owner).length,
  ]),
);

function leaksIn(text: string, logs: readonly string[]): string[] {
  const all = `${text}\n${logs.join('\n')}`;
  const leaks = SECRETS.filter((secret) => all.includes(secret));
  const mark = all.indexOf(MARK);
  if (mark >= 0) leaks.push(all.slice(mark, mark + 200));
  if (all.includes(process.cwd())) leaks.push('a path of the host');
  for (const [owner, count] of before) {
    const now = Reflect.ownKeys(owner).length;
    // Node.js defines some globals when they are first used.
    if (owner !== globalThis && now !== count) leaks.push('a prototype of the host was changed');
  }
  if (Reflect.has(globalThis, MARK)) leaks.push('a global of the host was defined');
  return leaks;
}

async function observe(engine: Engine, attack: Attack, tier: Tier, port: number): Promise<Observation> {
  const stop = new AbortController();
  await engine.createFunction({
    functionName: 'neighbour',
    code: { source: neighbour },
    isolation: tier,
    timeout: 20,
    maxInstances: 1,
    environmentVariables: { SECRET: SECRETS[1] as string },
  });
  const honest = keepCalling(engine, tier, stop.signal).catch(() => false);
  let code = 'ok';
  let message = '';
  let overrunMs = 0;
  let tookMs = 0;
  const logs: string[] = [];
  try {
    await engine.createFunction(declare(attack, tier, port));
    for (let call = 1; call <= attack.calls; call++) {
      const status: InvokeStatus = {};
      ({ code, message } = await callOnce(engine, { call, port, private: `only-call-${call}` }, status));
      tookMs = Math.round(status.wallMs ?? 0);
      overrunMs = tookMs - attack.timeout * 1_000;
      logs.push(message, ...(status.logs ?? []));
    }
    await engine.deleteFunction('attack');
  } catch (error) {
    ({ code, message } = told(error));
    logs.push(message);
  }
  stop.abort();
  const answered = await honest;
  await engine.deleteFunction('neighbour');
  const seen = { code, message: message.slice(0, 300), tookMs, overrunMs };
  return { ...seen, neighbour: answered, leaks: leaksIn(message, logs) };
}

/** A call that found no instance in its time did not put the attack to the test, and is made again. */
async function callOnce(
  engine: Engine,
  event: unknown,
  status: InvokeStatus,
): Promise<{ code: string; message: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      const value = await engine.invoke('attack', event, { status });
      return { code: 'ok', message: (JSON.stringify(value) ?? 'undefined').slice(0, 10_000) };
    } catch (error) {
      const failure = told(error);
      if (attempt === 5 || !failure.message.startsWith('The call waited for an instance')) return failure;
    }
  }
}

function told(error: unknown): { code: string; message: string } {
  const { code, message, stackTrace } = error as { code?: string; message: string; stackTrace?: readonly string[] };
  return { code: code ?? 'no code', message: [message, ...(stackTrace ?? [])].join('\n') };
}

process.once('message', async (order: Order) => {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const engine = await createEngine({ workers: 1, dataDir: order.dataDir, maxPayloadBytes: 4_000_000 });
  const { port } = server.address() as AddressInfo;
  for (const attack of order.attacks) process.send?.(await observe(engine, attack, order.tier, port));
  await engine.close({ timeoutMs: 1_000 });
  server.closeAllConnections();
  server.close();
  process.disconnect();
});
