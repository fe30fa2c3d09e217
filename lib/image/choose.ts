/** Decides how instances start, from how a build went. Pure. */
import type { GuestError } from '../protocol/door.ts';
import type { BuildMessage } from './build-messages.ts';
import type { BuildTrace } from './builder.ts';

/** A snapshot of its own has to save this much, as a share and in milliseconds, to be worth its memory. */
const LEAST_SHARE = 0.2;
const LEAST_MS = 0.4;

export type Choice =
  | { readonly kind: 'failed'; readonly failure: GuestError }
  | { readonly kind: 'snapshot'; readonly data: Uint8Array; readonly measured: Measured }
  | {
      readonly kind: 'code-cache' | 'plain';
      readonly data: Uint8Array | undefined;
      readonly reason: string;
      readonly measured: Measured;
    };

type Measured = { readonly snapshot?: number; readonly 'code-cache'?: number };

type Of<S extends BuildMessage['stage']> = Extract<BuildMessage, { stage: S }>;

function find<S extends BuildMessage['stage']>(trace: BuildTrace, stage: S): Of<S> | undefined {
  return trace.messages.find((message) => message.stage === stage) as Of<S> | undefined;
}

export function choose(trace: BuildTrace, requested: 'auto' | 'always' | 'never'): Choice {
  const evaluated = find(trace, 'evaluated');
  if (evaluated === undefined) {
    const message = `The module could not be loaded: the process that evaluated it ${trace.broken ?? 'gave no answer'}`;
    return { kind: 'failed', failure: { code: 'TopLevelFailed', message } };
  }
  if (evaluated.failure !== undefined) return { kind: 'failed', failure: evaluated.failure };
  const data = find(trace, 'cached')?.cache;
  const probed = find(trace, 'probed');
  const snapshot = find(trace, 'snapshot')?.snapshot;
  const fallback = (reason: string, measured: Measured = {}): Choice => ({
    kind: data === undefined ? 'plain' : 'code-cache',
    data,
    reason,
    measured,
  });
  if (requested === 'never') return fallback('the declaration asks for none');
  if ((evaluated.refusal ?? '') !== '') return fallback(evaluated.refusal as string);
  const refused = find(trace, 'refused');
  if (refused !== undefined) return fallback(`it could not be made: ${refused.reason}`);
  if (snapshot === undefined || probed === undefined)
    return fallback(`the process that made it ${trace.broken ?? 'gave no answer'}`);
  const measured = { snapshot: probed.snapshotMs, 'code-cache': probed.cacheMs };
  const gain = Math.min(probed.gainMs, probed.cacheMs - probed.snapshotMs);
  if (requested === 'auto' && gain < Math.max(LEAST_MS, probed.cacheMs * LEAST_SHARE)) {
    const times = `${probed.snapshotMs.toFixed(2)} ms against ${probed.cacheMs.toFixed(2)} ms`;
    const reason = `it gains too little: ${gain.toFixed(2)} ms (at best ${times})`;
    return fallback(reason, measured);
  }
  return { kind: 'snapshot', data: snapshot, measured };
}
