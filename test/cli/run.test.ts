/** `isopod run` on the example functions: what it prints where, and how it ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isopod } from './command.ts';

const fixture = (name: string): string => join('fixtures/functions', name);
const eventOf = (name: string): string => `@${join(fixture(name), 'event.json')}`;

t.test('prints text as it is, and the timing on standard error', async (t) => {
  const { code, out, err } = await isopod(['run', fixture('hello'), '--data', '{"name":"Ada"}']);
  t.equal(code, 0);
  t.equal(out, 'Hello, Ada!\n');
  t.match(
    err,
    /^call [\d.]+ ms on the worker lane; cold start [\d.]+ ms from (snapshot|code-cache|plain) \(.*bundle.*\)\n$/,
  );
});

t.test('prints values as JSON and takes the event from a file or standard input', async (t) => {
  const fromFile = await isopod(['run', fixture('lodash-report'), '--data', eventOf('lodash-report')]);
  t.equal(fromFile.code, 0);
  t.equal(JSON.parse(fromFile.out).total.orders, 24);
  const input = readFileSync(join(fixture('validate'), 'event.json'));
  const fromInput = await isopod(['run', fixture('validate'), '--data', '-'], input);
  t.equal(JSON.parse(fromInput.out).accepted, 1);
});

t.test('takes bytes and gives bytes', async (t) => {
  const png = readFileSync(join(fixture('binary'), 'event.bin'));
  const { code, bytes } = await isopod(['run', fixture('binary'), '--binary', '--data', '-'], png);
  t.equal(code, 0);
  t.same(bytes.subarray(0, 8), png.subarray(0, 8));
  t.equal(bytes.length, 2_088);
});

t.test('reads the declaration in package.json; options go before it; logs go to standard error', async (t) => {
  const args = ['--data', eventOf('initializer'), '--times', '5', '--lane', 'direct', '--env', 'SHOP_LOCALE=nb'];
  const { code, out, err } = await isopod(['run', fixture('initializer'), ...args]);
  t.equal(code, 0);
  t.match(JSON.parse(out), { locale: 'nb', total: 10 }, 'one result for several calls');
  t.equal(err.match(/\[INFO\] 10 products for "quiet oak"/g)?.length, 5);
  t.match(err, /on the direct lane; cold start .*initializer/);
  t.match(err, /4 more: median [\d.]+ ms, 99 % within [\d.]+ ms, longest [\d.]+ ms\n$/);
});

t.test('a single file is a function too; --handler names its export', async (t) => {
  const { code, out } = await isopod([
    'run',
    join(fixture('initializer'), 'catalogue.js'),
    '--handler',
    'catalogue.no',
  ]);
  t.equal(code, 1);
  t.equal(out, '');
  const named = await isopod(['run', join(fixture('hello'), 'index.js')]);
  t.equal(named.out, 'Hello, world!\n');
});

t.test('--json prints one object with the result and what is known of the call', async (t) => {
  const { out, err } = await isopod(['run', fixture('hello'), '--json']);
  t.match(JSON.parse(out), {
    result: 'Hello, world!',
    status: { coldStart: true, lane: 'worker', functionName: 'hello' },
  });
  t.equal(err, '');
  const failed = await isopod(['run', fixture('failing'), '--json', '--data', eventOf('failing')]);
  t.equal(failed.code, 1);
  t.match(JSON.parse(failed.out), { error: { code: 'UnhandledInvocationError', errorType: 'PaymentDeclinedError' } });
});

t.test('a failing function ends with 1, its error and its source-mapped stack', async (t) => {
  const { code, out, err } = await isopod(['run', fixture('failing'), '--data', eventOf('failing')]);
  t.equal(code, 1);
  t.equal(out, '');
  t.match(err, /^UnhandledInvocationError: PaymentDeclinedError: Card ending in 4242 was declined/);
  t.match(err, /at charge \(index\.ts:20:\d+\)/);
  const broken = await isopod(['run', join(t.testdir({ 'bad.ts': 'const a: any = null;\na.b;' }), 'bad.ts')]);
  t.match(broken, { code: 1, out: '', err: /^TopLevelFailed: TypeError: Cannot read .*\n +at bad\.ts:2:3\n$/ });
  const slow = await isopod(['run', fixture('slow'), '--timeout', '0.05']);
  t.equal(slow.code, 1);
  t.match(slow.err, /^FunctionTimeout: /);
});

t.test('--async retries and tells the outcome', async (t) => {
  const failed = await isopod(['run', fixture('failing'), '--async', '--data', eventOf('failing')]);
  t.equal(failed.code, 1);
  t.match(failed.err, /^accepted [\da-f-]{36}\nUnhandledInvocationError: /);
  t.match(failed.err, /\nRetriesExhausted after 2 attempts\n$/);
  const done = await isopod(['run', fixture('hello'), '--async', '--json', '--times', '3']);
  t.equal(done.code, 0);
  const lines = done.out.trim().split('\n');
  t.equal(lines.length, 3);
  t.match(JSON.parse(lines[2] ?? ''), { condition: 'Success', attempts: 1, result: 'Hello, world!' });
});
