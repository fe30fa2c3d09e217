import t from 'tap';
import { IsopodError } from '../../lib/errors.ts';
import { retryDelay } from '../../lib/outcome/retry-policy.ts';

const config = {
  maxAsyncRetryAttempts: 3,
  maxSystemRetryAttempts: Number.POSITIVE_INFINITY,
  retryBackoffMs: 100,
  maxRetryBackoffMs: 60_000,
  onSuccess: undefined,
  onFailure: undefined,
};
const functionError = new IsopodError('UnhandledInvocationError', 'x');
const systemError = new IsopodError('InstanceLost', 'x');

t.test('a function error is retried three times, then no more', (t) => {
  for (const functionErrors of [1, 2, 3]) {
    t.type(retryDelay(functionError, { functionErrors, systemErrors: 0 }, config, 1), 'number');
  }
  t.equal(retryDelay(functionError, { functionErrors: 4, systemErrors: 0 }, config, 1), undefined);
  t.end();
});

t.test('a system error is retried without end, the wait doubling up to its bound', (t) => {
  const delays = [1, 2, 3, 20, 1_000].map((systemErrors) =>
    retryDelay(systemError, { functionErrors: 0, systemErrors }, config, 1),
  );
  t.same(delays, [100, 200, 400, 60_000, 60_000]);
  t.equal(retryDelay(systemError, { functionErrors: 0, systemErrors: 1 }, config, 0), 50, 'spread down to half');
  t.end();
});

t.test('the two kinds are counted apart, and a caller error is never retried', (t) => {
  t.type(retryDelay(functionError, { functionErrors: 1, systemErrors: 50 }, config, 1), 'number');
  t.equal(
    retryDelay(new IsopodError('EngineClosed', 'x'), { functionErrors: 1, systemErrors: 0 }, config, 1),
    undefined,
  );
  t.end();
});
