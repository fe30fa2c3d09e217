/** isolated-function: a new Node.js process under the permission model for every call. */
import { dirname } from 'node:path';
import { load, type Peer, USUAL } from '../peer.ts';

type Call = (event: unknown) => Promise<{ value: unknown }>;
type Make = (code: string, options: object) => [Call, () => Promise<unknown>];

export const isolatedFunction: Peer = {
  title: 'isolated-function',
  package: 'isolated-function',
  boundary: 'Node.js process under the permission model, per call',
  isolates: true,
  apart: true,
  settings: '`isolatedFunction(code, { memory, timeout })`; it knows no warm instance: each call is a process',
  cannot: { memory: 'nothing stays between calls' },
  perCall: 'a process per call',
  maxInFlight: 16,
  start: async () => {
    // It starts the `node` it finds.
    process.env.PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
    const { default: isolated } = await load<{ default: Make }>('isolated-function');
    return {
      async deploy(guest, limits = USUAL) {
        const code = `async (event) => { ${guest.script}; return globalThis.handler(event); }`;
        const [call, close] = isolated(code, { memory: limits.memoryMB, timeout: limits.timeoutMs });
        return {
          call: async (event) => (await call(event)).value,
          close: async () => void (await close()),
        };
      },
      close: async () => undefined,
    };
  },
};
