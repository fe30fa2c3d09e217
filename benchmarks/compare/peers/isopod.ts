/** Isopod, by isolation tier. */
import type { FunctionConfig, InvokeStatus } from '../../../lib/index.ts';
import type { Guest } from '../guests.ts';
import { type Deployed, type Host, type Peer, USUAL } from '../peer.ts';

let deployments = 0;

async function start(placement: Pick<FunctionConfig, 'lane' | 'isolation'>): Promise<Host> {
  // Loaded here, so that the process of a peer has neither its code nor its copy of isolated-vm.
  const { createEngine } = await import('../../../lib/index.ts');
  // Idle instances stay: how many functions fit is measured, and no peer reclaims any.
  const engine = await createEngine({ workers: placement.lane === 'direct' ? 0 : 2, memoryBudgetMB: 1_000_000 });
  return {
    async deploy(guest: Guest, limits = USUAL): Promise<Deployed> {
      const functionName = `f${deployments++}`;
      await engine.createFunction({
        functionName,
        code: { source: guest.module },
        timeout: limits.timeoutMs / 1_000,
        memorySize: limits.memoryMB,
        idleTimeout: 3_600,
        ...(guest.needs === undefined && guest.event !== undefined ? { warmUpEvent: guest.event } : {}),
        instanceConcurrency: guest.needs === undefined ? 1 : 100,
        ...(guest.needs === 'fetch'
          ? { network: { allow: ['127.0.0.1:*'], allowPrivate: true, maxConcurrent: 256 } }
          : {}),
        ...placement,
      });
      const status: InvokeStatus = {};
      let warm = false;
      const sync = placement.lane === 'direct' && guest.needs === undefined;
      return {
        call(event) {
          if (!warm) {
            warm = true;
            return engine.invoke(functionName, event, { status });
          }
          return sync ? engine.invokeSync(functionName, event) : engine.invoke(functionName, event);
        },
        stages: () => {
          const { scheduleMs = 0, restoreMs = 0, evaluateMs = 0, initializerMs = 0 } = status.stages ?? {};
          const rest = Math.max(0, (status.wallMs ?? 0) - scheduleMs - restoreMs - evaluateMs - initializerMs);
          return { queue: scheduleMs, restore: restoreMs, evaluate: evaluateMs, call: rest };
        },
        close: async () => void (await engine.deleteFunction(functionName)),
      };
    },
    close: () => engine.close(),
  };
}

export const isopodDirect: Peer = {
  title: 'Isopod, direct lane',
  boundary: 'V8 isolate in the program',
  isolates: true,
  settings: '`lane: "direct"`; `invokeSync` for functions that return at once, else `invoke`',
  start: () => start({ lane: 'direct' }),
};

export const isopodWorker: Peer = {
  title: 'Isopod, worker lane',
  boundary: 'V8 isolate on a thread of its own',
  isolates: true,
  settings: '`lane: "worker"`, two threads; `invoke`',
  start: () => start({ lane: 'worker' }),
};

export const isopodProcess: Peer = {
  title: 'Isopod, process',
  boundary: 'V8 isolate in a child process',
  isolates: true,
  apart: true,
  settings: '`isolation: "process"`; `invoke`',
  start: () => start({ isolation: 'process' }),
};

export const isopodJailed: Peer = {
  title: 'Isopod, jailed',
  boundary: 'V8 isolate in a locked-in child process',
  isolates: true,
  apart: true,
  settings: '`isolation: "jailed"`; `invoke`',
  start: () => start({ isolation: 'jailed' }),
};
