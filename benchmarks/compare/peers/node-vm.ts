/** `node:vm`: a context of its own in the same heap. Node.js says itself that it is no security mechanism. */
import { createContext, Script } from 'node:vm';
import { type Peer, USUAL } from '../peer.ts';

export const nodeVm: Peer = {
  title: 'node:vm',
  boundary: 'context in the same heap',
  isolates: false,
  settings:
    'one context per function, its function called directly; only runs that have to be contained go through `runInContext` with `timeout`, which costs each call a thread',
  start: async () => ({
    async deploy(guest, limits = USUAL) {
      const script = new Script(guest.script);
      const guarded = new Script('handler(event)');
      let context: ReturnType<typeof createContext> | undefined;
      let handler: ((event: unknown) => unknown) | undefined;
      return {
        call: (event) => {
          if (context === undefined) {
            context = createContext({ setTimeout, fetch });
            script.runInContext(context);
            handler = context.handler as (event: unknown) => unknown;
          }
          if (limits === USUAL) return handler?.(event);
          context.event = event;
          return guarded.runInContext(context, { timeout: limits.timeoutMs });
        },
        close: () => {
          context = undefined;
          handler = undefined;
        },
      };
    },
    close: async () => undefined,
  }),
};
