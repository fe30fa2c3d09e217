import t from 'tap';
import type { BuildMessage } from '../../lib/image/build-messages.ts';
import { type Choice, choose } from '../../lib/image/choose.ts';

const bytes = new Uint8Array(1);

function choiceOf(probed: { snapshotMs: number; cacheMs: number; gainMs: number }, asked: 'auto' | 'always'): Choice {
  const messages: BuildMessage[] = [
    { stage: 'evaluated' },
    { stage: 'cached', cache: bytes },
    { stage: 'snapshot', snapshot: bytes },
    { stage: 'probed', ...probed },
    { stage: 'done' },
  ];
  return choose({ messages, broken: undefined }, asked);
}

t.test('a snapshot is chosen when it saves a fifth of the start, and 0.4 ms', async (t) => {
  t.equal(choiceOf({ snapshotMs: 4, cacheMs: 40, gainMs: 36 }, 'auto').kind, 'snapshot');
  t.equal(choiceOf({ snapshotMs: 8.1, cacheMs: 10, gainMs: 1.9 }, 'auto').kind, 'code-cache');
  t.equal(choiceOf({ snapshotMs: 0.7, cacheMs: 1, gainMs: 0.3 }, 'auto').kind, 'code-cache');
  t.equal(choiceOf({ snapshotMs: 0.7, cacheMs: 1, gainMs: 0.3 }, 'always').kind, 'snapshot');
});

t.test('one lucky start does not decide: the typical gain and the best one have to agree', async (t) => {
  t.match(choiceOf({ snapshotMs: 2, cacheMs: 3, gainMs: 0.05 }, 'auto'), {
    kind: 'code-cache',
    reason: /gains too little/,
  });
  t.equal(choiceOf({ snapshotMs: 2.9, cacheMs: 3, gainMs: 8 }, 'auto').kind, 'code-cache');
});

t.test('a process that broke off leaves the code cache, or nothing when it did not evaluate the module', async (t) => {
  const broken = 'crashed (SIGABRT)';
  t.match(choose({ messages: [], broken }, 'auto'), { kind: 'failed', failure: { code: 'TopLevelFailed' } });
  const cached: BuildMessage[] = [{ stage: 'evaluated' }, { stage: 'cached', cache: bytes }];
  t.match(choose({ messages: cached, broken }, 'auto'), { kind: 'code-cache', data: bytes, reason: /SIGABRT/ });
});
