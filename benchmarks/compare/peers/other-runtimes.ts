/** Deno and Bun as sandboxes of a Node.js program: one child process that hosts a worker per function. */
import { fileURLToPath } from 'node:url';
import { LineProcess } from '../line-process.ts';
import { fileOf, type Host, type Peer, USUAL, within } from '../peer.ts';

const script = fileURLToPath(new URL('worker-host.js', import.meta.url));
let deployments = 0;

const start = (command: string, args: readonly string[]): Host => {
  const runtime = new LineProcess(command, args);
  return {
    async deploy(guest, limits = USUAL) {
      const f = deployments++;
      let begun = false;
      return {
        call: (event) => {
          if (!begun) runtime.send({ f, code: guest.module, net: guest.needs === 'fetch' });
          begun = true;
          if (limits === USUAL) return runtime.call(f, event);
          return within(runtime.call(f, event), limits.timeoutMs, () => runtime.send({ f }));
        },
        close: () => runtime.send({ f }),
      };
    },
    close: () => runtime.end(),
  };
};

export const deno: Peer = {
  title: 'Deno workers',
  package: 'deno',
  boundary: 'worker without permissions in a Deno process',
  isolates: true,
  apart: true,
  settings:
    'one Deno process, a worker per function with `permissions: "none"`, lines of JSON over pipes, gathered per turn; what has to be contained is ended with `terminate`',
  // No permissions for the process itself either, but the network that workers may be granted.
  start: async () =>
    start(fileOf('deno', 'bin.cjs').replace(/bin\.cjs$/, 'deno'), [
      'run',
      '--quiet',
      '--no-prompt',
      '--allow-net=127.0.0.1',
      '--unstable-worker-options',
      script,
    ]),
};

export const bun: Peer = {
  title: 'Bun workers',
  package: 'bun',
  boundary: 'worker in a Bun process, with all its powers',
  isolates: false,
  apart: true,
  settings: 'one Bun process, a `smol` worker per function, lines of JSON over pipes, gathered per turn',
  start: async () => start(fileOf('bun', 'bin/bun.exe'), ['run', script]),
};
