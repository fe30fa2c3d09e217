/** isolated-vm by hand: what an embedder writes with it, one isolate per function, text in and out. */
import type Ivm from 'isolated-vm';
import { load, type Peer, USUAL } from '../peer.ts';

/** `setTimeout` and `fetch` by way of the host, as isolated-vm has neither. */
const globals = `
globalThis.setTimeout = (run, ms) => void wait.apply(undefined, [ms], { result: { promise: true } }).then(() => run());
globalThis.fetch = async (url) => {
  const { status, text } = JSON.parse(await get.apply(undefined, [url], { result: { promise: true } }));
  return { status, text: async () => text, json: async () => JSON.parse(text) };
};`;

export const isolatedVm: Peer = {
  title: 'isolated-vm by hand',
  package: 'isolated-vm',
  boundary: 'V8 isolate in the program',
  isolates: true,
  settings:
    'an isolate per function, `memoryLimit`; JSON text through `applySync` with `timeout`, `apply` where it returns a promise',
  start: async () => {
    const { default: ivm } = await load<{ default: typeof Ivm }>('isolated-vm');
    return {
      async deploy(guest, limits = USUAL) {
        let isolate: Ivm.Isolate | undefined;
        let call: Ivm.Reference<(text: string) => string> | undefined;
        const stages: Record<string, number> = {};
        const begin = (): Ivm.Reference<(text: string) => string> => {
          let at = performance.now();
          const stage = (name: string): void => {
            stages[name] = performance.now() - at;
            at = performance.now();
          };
          isolate = new ivm.Isolate({ memoryLimit: limits.memoryMB });
          const context = isolate.createContextSync();
          stage('restore');
          if (guest.needs !== undefined) {
            const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
            const get = async (url: string): Promise<string> => {
              const response = await fetch(url);
              return JSON.stringify({ status: response.status, text: await response.text() });
            };
            context.global.setSync('wait', new ivm.Reference(wait));
            context.global.setSync('get', new ivm.Reference(get));
            context.evalSync(globals);
          }
          context.evalSync(guest.script);
          const reply = guest.needs === undefined ? 'JSON.stringify(r)' : 'r.then(JSON.stringify)';
          const made = context.evalSync(`(text) => { const r = handler(JSON.parse(text)); return ${reply}; }`, {
            reference: true,
          }) as Ivm.Reference<(text: string) => string>;
          stage('evaluate');
          return made;
        };
        return {
          call: (event) => {
            call ??= begin();
            const text = JSON.stringify(event);
            if (guest.needs === undefined)
              return JSON.parse(call.applySync(undefined, [text], { timeout: limits.timeoutMs }) as string);
            const options = { timeout: limits.timeoutMs, result: { promise: true as const } };
            return (call.apply(undefined, [text], options) as Promise<string>).then((answer) => JSON.parse(answer));
          },
          stages: () => stages,
          close: () => {
            isolate?.dispose();
            isolate = undefined;
            call = undefined;
          },
        };
      },
      close: async () => undefined,
    };
  },
};
