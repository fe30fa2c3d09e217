/** A warm function: latency one call after the other, CPU per call, and calls per second with more of them in flight. */

import { count } from '../../rig/distribution.ts';
import { inFlight, type Rows } from '../../suite.ts';
import { check, isPromise, readyGuest, withPeer } from '../bench.ts';
import type { Deployed } from '../peer.ts';
import { cpuMs, tree } from '../processes.ts';
import { rowName } from '../rows.ts';

export const LEVELS = [1, 16, 64, 256];

interface Span {
  readonly ms: number;
  readonly calls: number;
}

/** Calls one after the other until one of the two is reached, but at least 20, each timed. */
async function timeCalls(deployed: Deployed, event: unknown, { ms, calls }: Span): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const until = performance.now() + ms;
  for (let at = 0; at < calls; at++) {
    const began = performance.now();
    if (began > until && at >= 20) break;
    const answer = deployed.call(event);
    if (isPromise(answer)) await answer;
    count(counts, (performance.now() - began) * 1_000);
  }
  return counts;
}

/** Calls per second over windows of `ms`, with `open` of them in flight. */
async function throughput(
  deployed: Deployed,
  event: unknown,
  open: number,
  windows: number,
  ms: number,
): Promise<number[]> {
  const call = async (): Promise<unknown> => deployed.call(event);
  const rates: number[] = [];
  // As many calls as fill a window at the rate seen last; the first window only finds the rate.
  let calls = open;
  for (let window = -1; window < windows; window++) {
    const began = performance.now();
    await inFlight(open, calls, call);
    const rate = (calls * 1_000) / (performance.now() - began);
    if (window >= 0) rates.push(rate);
    calls = Math.max(open, Math.round((rate * ms) / 1_000));
  }
  return rates;
}

export const warm = (peerName: string, guestName: string) => (quick: boolean) =>
  withPeer(peerName, [guestName], rowName('latency', guestName, peerName), async (host, peer) => {
    const guest = await readyGuest(guestName);
    const deployed = await host.deploy(guest);
    check(guestName, await deployed.call(guest.event));
    await timeCalls(deployed, guest.event, quick ? { ms: 50, calls: 100 } : { ms: 400, calls: 5_000 });
    const pids = tree();
    const before = cpuMs(pids);
    const counts = await timeCalls(deployed, guest.event, quick ? { ms: 50, calls: 200 } : { ms: 800, calls: 20_000 });
    const calls = Object.values(counts).reduce((sum, seen) => sum + seen, 0);
    const rows: Rows = {
      [rowName('latency', guestName, peerName)]: { counts },
      [rowName('cpu', guestName, peerName)]:
        peer.perCall === undefined ? [((cpuMs(pids) - before) * 1_000) / calls] : `not counted: ${peer.perCall}`,
    };
    for (const open of LEVELS) {
      const row = rowName(`throughput ${open}`, guestName, peerName);
      rows[row] =
        open > (peer.maxInFlight ?? 256)
          ? `not tried: ${peer.perCall}`
          : await throughput(deployed, guest.event, open, quick ? 2 : 20, quick ? 20 : 25);
    }
    check(guestName, await deployed.call(guest.event));
    await deployed.close();
    return rows;
  });
