/** The process that is fuzzed: runs rounds until its time or number is over, and tells of each before and after. Started by `fuzz.ts`. */
import { join } from 'node:path';
import { createEngine } from '../../lib/index.ts';
import { frames, images, programs, type Round } from './rounds.ts';

export interface FuzzOrder {
  readonly seed: number;
  readonly seconds: number;
  readonly kinds: readonly string[];
  readonly dataDir: string;
}

/** What is told: a round begins, or has ended with or without a problem. */
export type FuzzNews =
  | { readonly begins: string; readonly seed: number }
  | { readonly ended: string; readonly seed: number; readonly problem: string | undefined };

/** How many rounds of a kind follow each other: some take a millisecond, others a second. */
const AT_ONCE: Readonly<Record<string, number>> = { frames: 50, images: 50 };

const tell = (news: FuzzNews): void => void process.send?.(news);

async function fuzz({ seed, seconds, kinds, dataDir }: FuzzOrder): Promise<void> {
  const engine = await createEngine({ workers: 1, dataDir });
  for (const isolation of ['thread', 'process'] as const) {
    const functionName = isolation === 'thread' ? 'neighbour' : 'afar';
    await engine.createFunction({
      functionName,
      isolation,
      code: { source: 'export const handler = (e) => e;' },
      timeout: 60,
    });
  }
  const rounds: Readonly<Record<string, Round>> = {
    thread: programs(engine, 'thread'),
    process: programs(engine, 'process'),
    frames,
    images: images(join(dataDir, 'images')),
  };
  const until = performance.now() + seconds * 1_000;
  for (let next = seed; ; ) {
    for (const kind of kinds) {
      for (let at = 0; at < (AT_ONCE[kind] ?? 1); at++, next++) {
        tell({ begins: kind, seed: next });
        tell({ ended: kind, seed: next, problem: await (rounds[kind] as Round)(next) });
      }
    }
    if (performance.now() >= until) break;
  }
  await engine.close();
}

process.once('message', (order: FuzzOrder) => {
  void fuzz(order).then(() => process.disconnect());
});
