/** The function called as any other: what nothing can be faster than. */
import { pathToFileURL } from 'node:url';
import { inFile } from '../guests.ts';
import type { Peer } from '../peer.ts';

let deployments = 0;

export const plain: Peer = {
  title: 'plain call',
  boundary: 'none',
  isolates: false,
  settings: 'the module is imported, its function called',
  cannot: { loop: 'nothing can end it', bomb: 'nothing can end it' },
  start: async () => ({
    async deploy(guest) {
      const url = `${pathToFileURL(inFile('plain.mjs', guest.module)).href}?${deployments++}`;
      let handler: ((event: unknown) => unknown) | undefined;
      return {
        call: (event) => {
          if (handler !== undefined) return handler(event);
          return import(url).then((module: { handler: (event: unknown) => unknown }) => {
            handler = module.handler;
            return handler(event);
          });
        },
        close: () => undefined,
      };
    },
    close: async () => undefined,
  }),
};
