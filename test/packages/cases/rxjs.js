/** Streams of events: time, windows, errors and retries, subjects, and a virtual clock. */
import {
  BehaviorSubject,
  catchError,
  combineLatest,
  concatMap,
  debounceTime,
  defer,
  delay,
  EMPTY,
  filter,
  from,
  groupBy,
  interval,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  of,
  ReplaySubject,
  reduce,
  retry,
  scan,
  share,
  switchMap,
  take,
  throwError,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

const all = (stream) => lastValueFrom(stream.pipe(toArray()));

export const handler = async () => {
  let attempts = 0;
  const flaky = defer(() => (++attempts < 3 ? throwError(() => new Error(`no ${attempts}`)) : of('yes')));
  const count = new BehaviorSubject(1);
  const seen = [];
  count.pipe(scan((sum, n) => sum + n, 0)).subscribe((n) => seen.push(n));
  count.next(2);
  count.next(3);
  const replay = new ReplaySubject(2);
  for (const n of [1, 2, 3]) replay.next(n);
  replay.complete();
  const shared = interval(1).pipe(take(3), share());
  const marbles = [];
  const scheduler = new TestScheduler((actual, expected) =>
    marbles.push(JSON.stringify(actual) === JSON.stringify(expected)),
  );
  scheduler.run(({ cold, expectObservable }) => {
    expectObservable(cold('a-b 10ms c---|').pipe(debounceTime(5))).toBe('7ms b 9ms (c|)');
    expectObservable(cold('a--b|').pipe(switchMap((v) => cold('x-y|').pipe(map((w) => v + w))))).toBe('p-qr-s|', {
      p: 'ax',
      q: 'ay',
      r: 'bx',
      s: 'by',
    });
  });
  return {
    timed: await all(merge(timer(8).pipe(map(() => 'late')), timer(1).pipe(map(() => 'early')), of('now'))),
    ordered: await all(
      from([5, 1, 3]).pipe(
        concatMap((n) => of(n).pipe(delay(n))),
        filter((n) => n > 1),
      ),
    ),
    retried: [await lastValueFrom(flaky.pipe(retry(3))), attempts],
    grouped: await all(
      from(['tea', 'cup', 'tin']).pipe(
        groupBy((text) => text[0]),
        mergeMap((group) => group.pipe(reduce((list, text) => [...list, text], [group.key]))),
      ),
    ),
    seen,
    replayed: await all(replay),
    shared: await Promise.all([all(shared), all(shared)]),
    latest: await all(combineLatest({ a: of(1, 2), b: of('x') })),
    late: await lastValueFrom(
      timer(200).pipe(
        timeout(2),
        catchError((error) => of(error.name)),
      ),
    ),
    empty: await lastValueFrom(EMPTY, { defaultValue: 'none' }),
    marbles,
  };
};
