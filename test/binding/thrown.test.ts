/** Whatever a host function throws becomes data. */
import t from 'tap';
import { failureOf } from '../../lib/binding/thrown.ts';

t.test('an error gives name, message, code and its own JSON properties, and nothing else', (t) => {
  const error = Object.assign(new RangeError('too far', { cause: new Error('secret') }), {
    code: 'E_FAR',
    status: 416,
    issues: [{ path: ['a'] }],
    when: new Date(0),
    socket: { on: () => 1 },
    stackTrace: ['at host'],
    [Symbol('hidden')]: 1,
  });
  t.same(failureOf(error), {
    name: 'RangeError',
    message: 'too far',
    code: 'E_FAR',
    more: { status: 416, issues: [{ path: ['a'] }] },
  });
  t.same(failureOf(Object.assign(new Error('x'), { code: 23_505 })).code, '23505');
  t.end();
});

t.test('odd things thrown are told and harm nobody', (t) => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const cyclic: Record<string, unknown> = { message: 'round' };
  cyclic.self = cyclic;
  const trap = (): never => {
    throw new Error('trap');
  };
  const hostile = new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap });
  const cases: [thrown: unknown, message: RegExp][] = [
    [null, /^null$/],
    [undefined, /^undefined$/],
    ['text', /^text$/],
    [7n, /^7$/],
    [Symbol('s'), /^Symbol\(s\)$/],
    [() => 1, /threw a function/],
    [{}, /without a message/],
    [{ message: 5 }, /without a message/],
    [proxy, /without a message/],
    [hostile, /without a message/],
    [cyclic, /^round$/],
    [
      {
        get message() {
          return trap();
        },
        get other() {
          return trap();
        },
        big: 1n,
        ok: 1,
      },
      /without a message/,
    ],
    [new Error('x'.repeat(50_000_000)), /^x{8192}$/],
  ];
  for (const [thrown, message] of cases) {
    const failure = failureOf(thrown);
    t.match(failure, { name: 'Error', message });
    t.ok(JSON.stringify(failure).length < 10_000);
  }
  t.same(failureOf({ big: 1n, ok: 1 }).more, { ok: 1 });
  const many = Object.assign(
    new Error('many'),
    Object.fromEntries(Array.from({ length: 99 }, (_, at) => [`k${at}`, at])),
  );
  t.equal(Object.keys(failureOf(many).more ?? {}).length, 32, 'properties are bounded');
  t.same(failureOf(JSON.parse('{"message":"m","__proto__":{"a":1},"constructor":1}')), { name: 'Error', message: 'm' });
  t.end();
});
