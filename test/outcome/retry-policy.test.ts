import t from 'tap';
import { IsopodError } from '../../lib/errors.ts';
import { type AsyncSettings, policyOf } from '../../lib/function/async-config.ts';
import { mayRetrySystemError, retryDelay } from '../../lib/outcome/retry-policy.ts';

const policy = policyOf({});
const functionError = new IsopodError('UnhandledInvocationError', 'x');
const systemError = new IsopodError('InstanceLost', 'x');
const throttle = new IsopodError('ResourceExhausted', 'x');
const HOUR = 3_600_000;

t.test('a function error is retried three times, then no more', (t) => {
  for (const functionErrors of [1, 2, 3]) {
    t.type(retryDelay(functionError, { functionErrors, systemErrors: 0 }, policy, 0, 1), 'number');
  }
  t.equal(retryDelay(functionError, { functionErrors: 4, systemErrors: 0 }, policy, 0, 1), undefined);
  t.end();
});

t.test('a system error is retried without end, the wait doubling up to its bound', (t) => {
  const delays = [1, 2, 3, 20, 1_000].map((systemErrors) =>
    retryDelay(systemError, { functionErrors: 0, systemErrors }, policy, 1_000 * HOUR, 1),
  );
  t.same(delays, [100, 200, 400, 60_000, 60_000]);
  t.equal(retryDelay(systemError, { functionErrors: 0, systemErrors: 1 }, policy, 0, 0), 50, 'spread down to half');
  t.end();
});

t.test('a policy may end the retries of system errors', (t) => {
  const may = (error: IsopodError, said: AsyncSettings, hours: number): boolean =>
    mayRetrySystemError(error, policyOf({}, said), hours * HOUR);
  t.ok(may(systemError, { systemErrorPolicy: '5h' }, 4.9));
  t.notOk(may(systemError, { systemErrorPolicy: '5h' }, 5));
  t.notOk(may(systemError, { systemErrorPolicy: 'none' }, 0));
  t.ok(may(throttle, { systemErrorPolicy: 'none' }, 4.9), 'a call that found no room is no failure yet');
  t.notOk(may(throttle, { systemErrorPolicy: 'none' }, 5));
  t.end();
});

t.test('the two kinds are counted apart, and a caller error is never retried', (t) => {
  t.type(retryDelay(functionError, { functionErrors: 1, systemErrors: 50 }, policy, 0, 1), 'number');
  const closed = new IsopodError('EngineClosed', 'x');
  t.equal(retryDelay(closed, { functionErrors: 1, systemErrors: 0 }, policy, 0, 1), undefined);
  t.end();
});

t.test('what was put wins over what was declared, and the rest keeps its value', (t) => {
  const declared = { maxAsyncRetryAttempts: 1, retryBackoffMs: 7, asyncTask: true };
  const put = { maxAsyncRetryAttempts: 0, destinationConfig: { onFailure: { destination: 'dead-letter' } } };
  t.match(policyOf(declared, put), {
    maxAsyncRetryAttempts: 0,
    retryBackoffMs: 7,
    asyncTask: true,
    systemErrorPolicy: 'unlimited',
    maxAsyncEventAgeInSeconds: undefined,
    failureDestination: 'dead-letter',
    successDestination: undefined,
  });
  t.end();
});
