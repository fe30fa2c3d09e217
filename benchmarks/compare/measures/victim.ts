/** The program that hosts a function which runs amok. Says what came of it, a line of JSON each; see contain.ts. */
import { guest } from '../guests.ts';
import { type Deployed, type Host, PeerMissing, USUAL } from '../peer.ts';
import { peers } from '../peers.ts';
import { memoryMB, tree } from '../processes.ts';
import type { Said } from './contain.ts';

/** Milliseconds a call may take, its cold start included: of the loop, and of what takes memory, which needs some time. */
const LOOP_MS = 500;
const BOMB_MS = 15_000;

const [peerName = '', kind = '', samples = ''] = process.argv.slice(2);
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

// Nothing outlives who asked.
process.stdin.on('end', () => process.exit(1)).resume();

/** Longest time this thread was not free since the last question. */
function watchThread(): () => number {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  setInterval(look, 2).unref();
  return () => {
    look();
    const seen = longest;
    longest = 0;
    return seen;
  };
}

/** Calls it without harm until it answers: a cold start may take longer than the limit. */
async function started(deployed: Deployed): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return void (await deployed.call({ id: 0 }));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function loops(host: Host): Promise<void> {
  const tiny = await guest('tiny');
  const other = await host.deploy(tiny);
  await other.call(tiny.event);
  const stall = watchThread();
  for (let at = 0; at < Number(samples); at++) {
    const deployed = await host.deploy(await guest('loop'), { ...USUAL, timeoutMs: LOOP_MS });
    await started(deployed);
    await new Promise((resolve) => setTimeout(resolve, 20));
    stall();
    const began = performance.now();
    const ended = await Promise.resolve()
      .then(() => deployed.call({ id: 1 }))
      .then(
        () => 'it returned',
        () => undefined,
      );
    if (ended !== undefined) return say({ finding: ended });
    const contained = Math.max(0, performance.now() - began - LOOP_MS);
    const seen = stall();
    const next = performance.now();
    await other.call(tiny.event);
    say({ contained, stall: seen, after: performance.now() - next });
  }
}

async function bombs(host: Host): Promise<void> {
  const tiny = await guest('tiny');
  const other = await host.deploy(tiny);
  await other.call(tiny.event);
  const deployed = await host.deploy(await guest('bomb'), { ...USUAL, timeoutMs: BOMB_MS });
  const before = memoryMB(tree()).pss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, memoryMB(tree()).pss);
  }, 20);
  const failure = await Promise.resolve()
    .then(() => deployed.call({ way: kind }))
    .then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
  clearInterval(timer);
  most = Math.max(most, memoryMB(tree()).pss);
  const took = `${Math.round(most - before)} MB`;
  if (failure === undefined) return say({ finding: `not stopped: it took ${took} and returned` });
  try {
    await other.call(tiny.event);
    say({ finding: `contained at ${took}` });
  } catch {
    say({ finding: `ended at ${took}, another function with it` });
  }
}

let host: Host;
try {
  host = await (peers[peerName] as (typeof peers)[string]).start();
} catch (error) {
  if (!(error instanceof PeerMissing)) throw error;
  say({ finding: 'not installed' });
  process.exit(0);
}
await (kind === 'loop' ? loops : bombs)(host);
process.exit(0);
