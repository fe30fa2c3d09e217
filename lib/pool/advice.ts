/** Says what would have avoided a function's cold starts, and what would make them shorter. Pure. */
import type { ColdStart, ColdStartAdvice, ColdStartStages, ImageInfo } from '../types.ts';

export interface AdviceFacts {
  /** The last ones. */
  readonly starts: readonly ColdStart[];
  /** Seconds. */
  readonly idleTimeout: number;
  readonly instanceConcurrency: number;
  readonly maxInstances: number;
  readonly freshInstance: boolean;
  readonly provisioned: number;
  readonly image: ImageInfo;
  /** Of the module that takes most of the bundle. */
  readonly largest: { readonly name: string; readonly share: number } | undefined;
}

/** A part of the start that takes more than this share of it is worth a word. */
const LARGE_SHARE = 0.4;
/** Starts shorter than this need no advice about their parts; milliseconds. */
const SHORT_MS = 5;

type Reason = ColdStart['reason'];

const count = (starts: readonly ColdStart[], reason: Reason): number =>
  starts.filter((start) => start.reason === reason).length;

/** Most useful first. */
export function advise(facts: AdviceFacts): ColdStartAdvice[] {
  const found: ColdStartAdvice[] = [];
  for (const [reason, says] of Object.entries(WAYS) as [Reason, (facts: AdviceFacts) => string][]) {
    const avoids = count(facts.starts, reason);
    if (avoids > 0) found.push({ reason, avoids, says: says(facts) });
  }
  return [...found.sort((a, b) => b.avoids - a.avoids), ...shorter(facts)];
}

const WAYS: Readonly<Record<Reason, (facts: AdviceFacts) => string>> = {
  first: () =>
    'Nobody had called it yet. minInstances: 1, or a provision config, has an instance ready before the first call.',
  idle: ({ idleTimeout }) =>
    `The last instance had been idle for ${idleTimeout} s. Raise idleTimeout, or keep one with minInstances: 1.`,
  evicted: () =>
    "Others needed its memory. Raise memoryBudgetMB, or keep an instance with minInstances: 1: what is kept is not taken for others' memory.",
  busy: ({ starts, instanceConcurrency, provisioned }) => {
    const atOnce = Math.max(...starts.filter(({ reason }) => reason === 'busy').map(servingAt)) + 1;
    const more = provisioned < atOnce ? `Provision ${atOnce} instances, or declare` : 'Declare';
    const shared =
      instanceConcurrency === 1
        ? ' If the handler mostly waits, a higher instanceConcurrency needs fewer of them.'
        : '';
    return `All instances were busy. ${more} spareInstances: 'auto' where bursts come again and again.${shared}`;
  },
  released: () => 'The provision config let its instances go. Keep one more, or schedule them to stay longer.',
  used: () =>
    'With freshInstance each call needs an instance of its own. Raise spareInstances to have more of them prepared.',
  lost: () =>
    'The instance before had ended by a fault: a limit, a crash. Its log lines and isopod_errors_total tell which.',
  moved: () => 'The function moved to another lane. Declare its lane to have it stay there.',
};

const servingAt = ({ detail = '' }: ColdStart): number => Number.parseInt(detail, 10) || 0;

/** What takes most of the starts' time. */
function shorter({ starts, image, largest }: AdviceFacts): ColdStartAdvice[] {
  const mean = meanStages(starts);
  const whole = mean.startInstanceMs + mean.initializerMs;
  if (starts.length === 0 || whole < SHORT_MS) return [];
  const found: ColdStartAdvice[] = [];
  const add = (part: number, says: string): void => {
    if (part > whole * LARGE_SHARE) found.push({ avoids: 0, savesMs: round(part), says });
  };
  add(mean.initializerMs, `The initializer takes ${round(mean.initializerMs)} of ${round(whole)} ms.`);
  const why = image.reason === undefined ? '' : ` There is no snapshot: ${image.reason}.`;
  add(mean.evaluateMs, `Evaluating the module takes ${round(mean.evaluateMs)} of ${round(whole)} ms.${why}`);
  const most = largest === undefined ? '' : ` ${largest.name} is ${Math.round(largest.share * 100)}% of the bundle.`;
  const restoring = mean.restoreMs + mean.imageLoadMs;
  add(
    restoring,
    `Reading and restoring ${(image.bytes / 1e6).toFixed(1)} MB takes ${round(restoring)} of ${round(whole)} ms.${most}`,
  );
  return found;
}

const round = (ms: number): number => Number(ms.toFixed(1));

export function meanStages(starts: readonly ColdStart[]): ColdStartStages {
  const sum: ColdStartStages = {
    scheduleMs: 0,
    downloadCodeMs: 0,
    unzipMs: 0,
    bundleMs: 0,
    imageBuildMs: 0,
    startInstanceMs: 0,
    imageLoadMs: 0,
    restoreMs: 0,
    evaluateMs: 0,
    initializerMs: 0,
    handlerMs: 0,
  };
  const names = Object.keys(sum) as (keyof ColdStartStages)[];
  for (const name of names) {
    for (const { stages } of starts) sum[name] += stages[name] / starts.length;
  }
  return sum;
}
