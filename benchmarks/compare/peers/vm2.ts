/** vm2: a `node:vm` context behind proxies. */
import { load, type Peer, USUAL } from '../peer.ts';

interface Vm2 {
  VM: new (options: object) => { run(code: string): unknown; freeze(value: unknown, name: string): void };
}

export const vm2: Peer = {
  title: 'vm2',
  package: 'vm2',
  boundary: 'context in the same heap, behind proxies',
  isolates: true,
  settings:
    'one `VM` per function; JSON text passed through a function got from it, which is quicker than objects through proxies; `timeout` covers `run` only, so runs that have to be contained go through it',
  start: async () => {
    const { VM } = await load<Vm2>('vm2');
    return {
      async deploy(guest, limits = USUAL) {
        let call: ((text: string) => unknown) | undefined;
        let vm: InstanceType<Vm2['VM']> | undefined;
        const answer = (text: unknown): unknown => JSON.parse(text as string);
        return {
          call: (event) => {
            if (call === undefined || vm === undefined) {
              vm = new VM({ timeout: limits.timeoutMs, sandbox: { setTimeout, fetch } });
              vm.run(guest.script);
              const text = guest.needs === undefined ? 'JSON.stringify(r)' : 'r.then(JSON.stringify)';
              call = vm.run(`(text) => { const r = handler(JSON.parse(text)); return ${text}; }`) as typeof call;
            }
            const event_ = JSON.stringify(event);
            if (limits !== USUAL) return answer(vm.run(`JSON.stringify(handler(${event_}))`));
            const result = call?.(event_);
            return guest.needs === undefined ? answer(result) : (result as Promise<string>).then(answer);
          },
          close: () => {
            vm = undefined;
            call = undefined;
          },
        };
      },
      close: async () => undefined,
    };
  },
};
