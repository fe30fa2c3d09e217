/** piscina: functions on worker threads, which share a thread's heap with each other. */
import type { Piscina as PiscinaClass } from 'piscina';
import { inFile } from '../guests.ts';
import { load, type Peer, USUAL } from '../peer.ts';

let deployments = 0;

export const piscina: Peer = {
  title: 'piscina',
  package: 'piscina',
  boundary: 'worker thread, shared by functions',
  isolates: false,
  settings:
    'two threads, `concurrentTasksPerWorker: 64`, `filename` per call; runs that have to be contained get an AbortSignal',
  start: async () => {
    const { default: Piscina } = await load<{ default: typeof PiscinaClass }>('piscina');
    const pool = new Piscina({
      minThreads: 2,
      maxThreads: 2,
      concurrentTasksPerWorker: 64,
      resourceLimits: { maxOldGenerationSizeMb: USUAL.memoryMB },
    });
    return {
      async deploy(guest, limits = USUAL) {
        const filename = inFile(`piscina${deployments++}.mjs`, guest.module);
        return {
          call: (event) => {
            const options = { filename, name: 'handler' };
            if (limits === USUAL) return pool.run(event, options);
            return pool.run(event, { ...options, signal: AbortSignal.timeout(limits.timeoutMs) });
          },
          close: () => undefined,
        };
      },
      close: () => pool.destroy(),
    };
  },
};
