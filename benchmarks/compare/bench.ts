/** What all measures share: a peer brought up with one guest function, and a way to call it and see that it answers right. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Rows } from '../suite.ts';
import { type Guest, guest } from './guests.ts';
import { type Host, type Peer, PeerMissing } from './peer.ts';
import { peers } from './peers.ts';

/** The guest with its usual event; for `fetch` a server is started, which ends with this process. */
export async function readyGuest(name: string): Promise<Guest> {
  if (name !== 'fetch') return await guest(name);
  const server = spawn(process.execPath, [fileURLToPath(new URL('server.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  server.unref();
  return await guest(name, { url: `http://127.0.0.1:${String(port).trim()}/` });
}

/**
 * Rows of a peer that is up, or words in their place under `row`: it cannot do one of `needs` (a guest's or a measure's
 * name), or it is not installed.
 */
export async function withPeer(
  name: string,
  needs: readonly string[],
  row: string,
  use: (host: Host, peer: Peer) => Promise<Rows>,
): Promise<Rows> {
  const peer = peers[name];
  if (peer === undefined) throw new Error(`There is no peer "${name}"`);
  const reason = needs.map((need) => peer.cannot?.[need]).find((each) => each !== undefined);
  if (reason !== undefined) return { [row]: `cannot: ${reason}` };
  let host: Host;
  try {
    host = await peer.start();
  } catch (error) {
    if (error instanceof PeerMissing) return { [row]: 'not installed' };
    throw error;
  }
  try {
    return await use(host, peer);
  } finally {
    await host.close();
  }
}

/** As `await`, but without giving up the turn for a value that is there. */
export const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

/** An answer that is plainly wrong must not be timed. */
export function check(guestName: string, answer: unknown): void {
  const found = JSON.stringify(answer) ?? 'undefined';
  const expected = expectations[guestName];
  if (expected !== undefined && !found.includes(expected))
    throw new Error(`${guestName} answered ${found.slice(0, 200)}, which lacks ${expected}`);
}

const expectations: Readonly<Record<string, string>> = {
  tiny: '{"id":4711,"name":"benchmark","count":4}',
  template: '<li class=\\"sold\\">Lamp 0: 0</li>',
  validation: '{"valid":true,"errors":0}',
  markdown: '<h1>Title</h1>',
  cpu: '{"primes":9592}',
  allocation: '{"groups":3000,"first":"k0:0-0"}',
  payload: '"name":"row number 999"',
  timers: '{"waited":3}',
  fetch: '{"status":200,"items":20}',
};
