/** Memory of 1, 100 and 1,000 started functions, each with code of its own, over that of the peer without any. */

import type { Rows } from '../../suite.ts';
import { check, withPeer } from '../bench.ts';
import { guest } from '../guests.ts';
import type { Deployed } from '../peer.ts';
import { freeMB, memoryMB, tree } from '../processes.ts';
import { rowName } from '../rows.ts';

const COUNTS = [1, 100, 1_000];
/** MB that stay free for others; seconds one peer may take. */
const SPARE = 6_000;
const SECONDS = 150;

async function settled(): Promise<{ rss: number; pss: number }> {
  for (let turn = 0; turn < 3; turn++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return memoryMB(tree());
}

export const memory = (peerName: string, guestName: string) => (quick: boolean) =>
  withPeer(peerName, ['memory', guestName], rowName('memory 1 rss', guestName, peerName), async (host) => {
    const usual = await guest(guestName);
    const until = performance.now() + SECONDS * 1_000;
    const rows: Rows = {};
    const kept: Deployed[] = [];
    const before = await settled();
    rows[rowName('memory 0 rss', guestName, peerName)] = [before.rss];
    rows[rowName('memory 0 pss', guestName, peerName)] = [before.pss];
    for (const target of quick ? [1, 5] : COUNTS) {
      const added: Deployed[] = [];
      while (kept.length + added.length < target) {
        const mark = `\nglobalThis.variant = ${kept.length + added.length};\n`;
        added.push(await host.deploy({ ...usual, script: usual.script + mark, module: usual.module + mark }));
        if (performance.now() > until || freeMB() < SPARE) break;
      }
      for (const deployed of added) {
        check(guestName, await deployed.call(usual.event));
        if (freeMB() < SPARE) break;
      }
      kept.push(...added);
      if (kept.length < target) {
        const why = freeMB() < SPARE ? 'more memory than there is' : `more than ${SECONDS} s`;
        rows[rowName(`memory ${target} rss`, guestName, peerName)] = `${why}: ended at ${kept.length} functions`;
        break;
      }
      const { rss, pss } = await settled();
      rows[rowName(`memory ${target} rss`, guestName, peerName)] = [rss];
      rows[rowName(`memory ${target} pss`, guestName, peerName)] = [pss];
    }
    return rows;
  });
