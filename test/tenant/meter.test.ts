/** Quotas: token buckets, admission before a call and the bill after it. */
import t from 'tap';
import { Meter } from '../../lib/tenant/meter.ts';
import type { Quotas } from '../../lib/tenant/tenants.ts';
import { TokenBucket } from '../../lib/tenant/token-bucket.ts';

const meter = (quotas: Quotas, before?: Meter): Meter =>
  new Meter({ name: 'acme', accountId: '1', createdTime: '', quotas }, 0, before);

t.test('a bucket gives its burst, then its rate, and pays debts first', (t) => {
  const bucket = new TokenBucket(10, 3, 0);
  for (let one = 0; one < 3; one++) {
    t.equal(bucket.waitMs(1, 0), 0);
    bucket.take(1, 0);
  }
  t.equal(bucket.waitMs(1, 0), 100);
  t.equal(bucket.waitMs(1, 100), 0);
  bucket.take(11, 100);
  t.equal(bucket.waitMs(0, 100), 1_000, 'ten are owed');
  t.equal(bucket.waitMs(1, 10_000), 0);
  t.equal(bucket.waitMs(4, 10_000), 100, 'and it never holds more than the burst');
  t.equal(bucket.waitMs(4, 9_000), 100, 'a clock that goes back gives nothing');
  t.end();
});

t.test('requests over their rate are told when to come again', (t) => {
  const of = meter({ requestsPerSecond: 2 });
  of.request(0);
  of.request(0);
  t.throws(() => of.request(0), { code: 'ResourceExhausted', retryAfterMs: 500, message: /acme.*requestsPerSecond/ });
  of.request(500);
  t.match(of.usage, { requests: 4, throttled: 1 });
  t.end();
});

t.test('calls at once are limited, and what they used is billed', (t) => {
  const of = meter({ concurrency: 2, cpuMsPerSecond: 100, cpuBurstMs: 50 });
  of.begin(0);
  of.begin(0);
  t.throws(() => of.begin(0), { code: 'ResourceExhausted', message: /concurrency/ });
  of.end(40, 80, 1_024, 0);
  of.end(60, 60, 512, 0);
  t.equal(of.running, 0);
  t.match(of.usage, { invocations: 2, cpuMs: 100, durationMs: 140, gbSeconds: 0.11 });
  t.throws(() => of.begin(0), { code: 'ResourceExhausted', retryAfterMs: 500, message: /cpuMsPerSecond/ });
  of.begin(500);
  t.end();
});

t.test('egress in debt stops further calls', (t) => {
  const of = meter({ egressBytesPerSecond: 1_000, egressBurstBytes: 1_000 });
  of.sent(3_000, 0);
  t.throws(() => of.solvent(0), { code: 'ResourceExhausted', retryAfterMs: 2_000 });
  of.solvent(2_000);
  t.end();
});

t.test('new quotas begin anew, what was counted and runs goes on', (t) => {
  const before = meter({});
  before.begin(0);
  const after = meter({ concurrency: 1 }, before);
  t.throws(() => after.begin(0), { code: 'ResourceExhausted' });
  before.end(1, 1, 0, 0);
  after.begin(0);
  t.equal(after.usage.invocations, 2);
  t.end();
});
