/** Cold starts of a function the peer knows already, up to and with the first answer; and the first call after a pause. */

import { count } from '../../rig/distribution.ts';
import type { Rows } from '../../suite.ts';
import { check, readyGuest, withPeer } from '../bench.ts';
import { rowName } from '../rows.ts';

/** Milliseconds nobody calls before a call of `idle`. */
const PAUSE = 150;

export const cold = (peerName: string, guestName: string) => (quick: boolean) =>
  withPeer(peerName, [guestName], rowName('cold', guestName, peerName), async (host) => {
    const guest = await readyGuest(guestName);
    const starts: number[] = [];
    const deployments: number[] = [];
    const stages: Record<string, number[]> = {};
    // The first two bring up what a process has only once.
    for (let round = -2; round < (quick ? 3 : 25); round++) {
      const began = performance.now();
      const deployed = await host.deploy(guest);
      const ready = performance.now();
      // What the peer does behind a deployment is over: it stands ready, as it does when calls come.
      await new Promise((resolve) => setTimeout(resolve, quick ? 10 : 60));
      const called = performance.now();
      const answer = await deployed.call(guest.event);
      const took = performance.now() - called;
      check(guestName, answer);
      if (round >= 0) {
        deployments.push(ready - began);
        starts.push(took);
        for (const [stage, ms] of Object.entries(deployed.stages?.() ?? {}))
          stages[stage] = [...(stages[stage] ?? []), ms];
      }
      await deployed.close();
    }
    const rows: Rows = {
      [rowName('cold', guestName, peerName)]: starts,
      [rowName('deploy', guestName, peerName)]: deployments,
    };
    for (const [stage, ms] of Object.entries(stages)) rows[rowName(`stage ${stage}`, guestName, peerName)] = ms;
    return rows;
  });

export const idle = (peerName: string, guestName: string) => (quick: boolean) =>
  withPeer(peerName, [guestName], rowName('idle', guestName, peerName), async (host) => {
    const guest = await readyGuest(guestName);
    const deployed = await host.deploy(guest);
    for (let at = 0; at < 20; at++) check(guestName, await deployed.call(guest.event));
    const counts: Record<string, number> = {};
    for (let at = 0; at < (quick ? 3 : 25); at++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const began = performance.now();
      await deployed.call(guest.event);
      count(counts, performance.now() - began);
    }
    await deployed.close();
    return { [rowName('idle', guestName, peerName)]: { counts } };
  });
