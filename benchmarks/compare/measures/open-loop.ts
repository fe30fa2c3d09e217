/**
 * Latency of calls that come at a fixed rate whatever became of those before, counted from when a call should have
 * begun: what a service sees, where one slow call makes others wait (no coordinated omission).
 */

import { count } from '../../rig/distribution.ts';
import type { Rows } from '../../suite.ts';
import { check, readyGuest, withPeer } from '../bench.ts';
import type { Deployed } from '../peer.ts';
import { rowName } from '../rows.ts';

/** Calls per second. */
export const RATES = [1_000, 10_000];
/** Calls behind at which a peer is said not to keep up. */
const TOO_MANY = 2_000;

async function openLoop(
  deployed: Deployed,
  event: unknown,
  rate: number,
  calls: number,
  max: number,
): Promise<Record<string, number> | string> {
  const counts: Record<string, number> = {};
  const began = performance.now() + 5;
  let ended = 0;
  let failure: unknown;
  for (let sent = 0; sent < calls; ) {
    const due = began + (sent * 1_000) / rate;
    if (performance.now() < due || sent - ended >= max) {
      if (performance.now() - due > 1_000 || sent - ended >= TOO_MANY) return `cannot keep up with ${rate} calls/s`;
      // Answers come in between; a timer would be a millisecond late.
      await new Promise<void>((resolve) => setImmediate(resolve));
      continue;
    }
    sent++;
    const done = (): void => {
      ended++;
      count(counts, (performance.now() - due) * 1_000);
    };
    const answer = deployed.call(event);
    if (!(answer instanceof Promise)) done();
    else
      answer.then(done, (error: unknown) => {
        ended++;
        failure = error;
      });
  }
  while (ended < calls) await new Promise<void>((resolve) => setImmediate(resolve));
  if (failure !== undefined) throw failure;
  return counts;
}

export const open = (peerName: string, guestName: string) => (quick: boolean) =>
  withPeer(peerName, [guestName], rowName(`open ${RATES[0]}`, guestName, peerName), async (host, peer) => {
    const guest = await readyGuest(guestName);
    const deployed = await host.deploy(guest);
    for (let at = 0; at < (quick ? 5 : peer.perCall === undefined ? 2_000 : 20); at++)
      check(guestName, await deployed.call(guest.event));
    const rows: Rows = {};
    for (const rate of RATES) {
      const result = await openLoop(
        deployed,
        guest.event,
        rate,
        quick ? rate / 20 : rate * 1.5,
        peer.maxInFlight ?? Number.POSITIVE_INFINITY,
      );
      rows[rowName(`open ${rate}`, guestName, peerName)] = typeof result === 'string' ? result : { counts: result };
      if (typeof result === 'string') break;
    }
    return rows;
  });
