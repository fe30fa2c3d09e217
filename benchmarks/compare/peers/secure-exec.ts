/** secure-exec: a V8 process beside Node.js; each run is a fresh sandbox. */
import { load, type Peer, USUAL } from '../peer.ts';

interface Runtime {
  run(code: string, file: string): Promise<{ code: number; exports?: unknown; errorMessage?: string }>;
  terminate(): Promise<void>;
}
interface SecureExec {
  NodeRuntime: new (options: object) => Runtime;
  createNodeDriver(options: object): unknown;
  createNodeRuntimeDriverFactory(): unknown;
  allowAllNetwork: unknown;
}

export const secureExec: Peer = {
  title: 'secure-exec',
  package: 'secure-exec',
  boundary: 'V8 isolate in a process of its own, per call',
  isolates: true,
  apart: true,
  settings:
    'one `NodeRuntime` per function with `memoryLimit` and `cpuTimeLimitMs`; `run` evaluates the code anew each time, as it knows no warm instance. Version 0.2.1: newer ones ask for packages that are not published',
  cannot: { memory: 'nothing stays between calls' },
  perCall: 'a sandbox per call, and of several at a time that await timers some never ended',
  maxInFlight: 1,
  start: async () => {
    const { NodeRuntime, createNodeDriver, createNodeRuntimeDriverFactory, allowAllNetwork } =
      await load<SecureExec>('secure-exec');
    return {
      async deploy(guest, limits = USUAL) {
        const network = { useDefaultNetwork: true, permissions: allowAllNetwork };
        const port = Number(/:(\d+)\//.exec(JSON.stringify(guest.event) ?? '')?.[1]);
        const runtime = new NodeRuntime({
          systemDriver: createNodeDriver(guest.needs === 'fetch' ? { ...network, loopbackExemptPorts: [port] } : {}),
          runtimeDriverFactory: createNodeRuntimeDriverFactory(),
          memoryLimit: limits.memoryMB,
          // Of all runs together, so it is given only where a loop has to be ended.
          ...(limits === USUAL ? {} : { cpuTimeLimitMs: limits.timeoutMs }),
        });
        const run = async (code: string, file: string): Promise<unknown> => {
          const result = await runtime.run(code, file);
          if (result.code !== 0) throw new Error(result.errorMessage ?? `code ${result.code}`);
          return result.exports;
        };
        const sync = (event: string): Promise<unknown> =>
          run(`${guest.script}\nmodule.exports = handler(${event});`, '/entry.js');
        // Only a module is awaited.
        const async = async (event: string): Promise<unknown> => {
          const code = `${guest.script}\nexport const result = await handler(${event});`;
          return ((await run(code, '/entry.mjs')) as { result: unknown }).result;
        };
        return {
          call: (event) => (guest.needs === undefined ? sync : async)(JSON.stringify(event)),
          close: () => runtime.terminate(),
        };
      },
      close: async () => undefined,
    };
  },
};
