/** Miniflare: workerd with what a Cloudflare worker finds around it, for development. */

import { load, type Peer, USUAL, within } from '../peer.ts';
import { asWorker, COMPATIBILITY_DATE } from './workerd.ts';

interface MiniflareInstance {
  readonly ready: Promise<unknown>;
  getWorker(name: string): Promise<{ fetch(url: string, init: object): Promise<Response> }>;
  dispose(): Promise<void>;
}
interface MiniflareModule {
  Miniflare: new (options: object) => MiniflareInstance;
  Log: new (level: number) => object;
  LogLevel: { NONE: number };
}

export const miniflare: Peer = {
  title: 'Miniflare',
  package: 'miniflare',
  boundary: 'V8 isolate in a workerd process',
  isolates: true,
  apart: true,
  settings:
    'one instance with a worker per function, started by the first call; `getWorker(name).fetch`. A tool for development, measured because people embed it. No limits of its own: contained by `dispose`',
  start: async () => {
    const { Miniflare, Log, LogLevel } = await load<MiniflareModule>('miniflare');
    const instances = new Set<MiniflareInstance>();
    let waiting: { name: string; script: string }[] = [];
    let current: Promise<MiniflareInstance> | undefined;
    const begin = async (): Promise<MiniflareInstance> => {
      const workers = waiting.map((each) => ({ ...each, modules: true, compatibilityDate: COMPATIBILITY_DATE }));
      waiting = [];
      const started = new Miniflare({ workers, log: new Log(LogLevel.NONE) });
      instances.add(started);
      await started.ready;
      return started;
    };
    return {
      async deploy(guest, limits = USUAL) {
        const name = `f${waiting.length}`;
        if (waiting.push({ name, script: asWorker(guest.module) }) === 1) current = undefined;
        let mine: MiniflareInstance | undefined;
        let worker: Awaited<ReturnType<MiniflareInstance['getWorker']>> | undefined;
        const call = async (event: unknown): Promise<unknown> => {
          if (worker === undefined) {
            current ??= begin();
            mine = await current;
            worker = await mine.getWorker(name);
          }
          const response = await worker.fetch('http://guest/', { method: 'POST', body: JSON.stringify(event) });
          const text = await response.text();
          if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
          return JSON.parse(text);
        };
        return {
          call: (event) =>
            limits === USUAL
              ? call(event)
              : within(call(event), limits.timeoutMs, () => void mine?.dispose().catch(() => undefined)),
          async close() {
            if (mine !== undefined && instances.delete(mine)) await mine.dispose();
          },
        };
      },
      close: async () => void (await Promise.all([...instances].map((each) => each.dispose()))),
    };
  },
};
