/** What crosses between guests and host functions, and how. */
import t from 'tap';
import { decode, ENCODED, encode } from '../../lib/protocol/values.ts';

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const cross = (value: unknown): unknown => {
  const text = encode(value, toText);
  return typeof text === 'string' ? decode(text, toBytes) : text;
};

t.test('JSON values cross as plain JSON text', (t) => {
  for (const value of [null, true, 0, -1.5, '', 'x%', [], {}, [1, [null, { a: ['b'] }]], { 'odd key': { '': 1 } }]) {
    t.equal(encode(value, toText), JSON.stringify(value));
    t.same(cross(value), value);
  }
  t.equal(encode({ a: undefined, b: 1 }, toText), '{"b":1}', 'a property that is undefined is none');
  t.equal(encode(Object.assign(Object.create(null), { a: 1 }), toText), '{"a":1}');
  t.equal(
    encode(
      new (class Row {
        id = 1;
      })(),
      toText,
    ),
    '{"id":1}',
    'of an instance its own properties',
  );
  t.end();
});

t.test('bytes and undefined cross, and what looks like their encoding stays what it is', (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, at) => at);
  t.same(cross(all), all);
  t.same(cross(Buffer.from([1, 255])), new Uint8Array([1, 255]));
  t.equal(cross(undefined), undefined);
  t.strictSame(cross([undefined, 1, [undefined]]), [undefined, 1, [undefined]]);
  t.strictSame(cross(new Array(2)), [undefined, undefined], 'holes are undefined');
  for (const value of [{ $: 0 }, { $: 'text' }, { $: { $: 1 } }, { a: 1, $: [all, { $: null }] }, [{ $: [] }]]) {
    t.match(encode(value, toText), new RegExp(`^${ENCODED}`));
    t.same(cross(value), value);
  }
  t.same(cross({ $: undefined, b: all }), { b: all });
  t.end();
});

t.test('what JSON would change in silence is refused with its place', (t) => {
  const within: unknown[] = [];
  within.push(within);
  const cases: [value: unknown, place: string | RegExp, what: RegExp][] = [
    [new Date(0), '', /^a Date$/],
    [[{ when: new Date(0) }], '[0].when', /^a Date$/],
    [{ 'odd key': new Map() }, '["odd key"]', /^a Map$/],
    [[1, new Set()], '[1]', /^a Set$/],
    [{ a: { b: 1n } }, '.a.b', /^a bigint$/],
    [[() => 1], '[0]', /^a function$/],
    [{ s: Symbol('x') }, '.s', /^a symbol$/],
    [[Number.NaN], '[0]', /^NaN$/],
    [[Number.NEGATIVE_INFINITY], '[0]', /^-Infinity$/],
    [{ at: new Float32Array(1) }, '.at', /^a Float32Array$/],
    [new ArrayBuffer(1), '', /^a ArrayBuffer$/],
    [Promise.resolve(1), '', /^a Promise$/],
    [new Error('x'), '', /^a Error$/],
    [/x/, '', /^a RegExp$/],
    [new URL('http://localhost/'), '', /^a URL$/],
    [
      new (class {
        toJSON(): number {
          return 1;
        }
      })(),
      '',
      /toJSON/,
    ],
    [Object.fromEntries([['then', () => 1]]), '.then', /^a function$/],
    [JSON.parse('{"a":{"__proto__":{"x":1}}}'), '.a.__proto__', /not a name/],
    [within, /^(\[0\]){200}$/, /within itself/],
    [{ $: [new Date(0)] }, '.$[0]', /^a Date$/],
  ];
  for (const [value, place, what] of cases) t.match(encode(value, toText), { place, what });
  t.end();
});

t.test('what a getter throws is thrown', (t) => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  t.throws(() => encode([proxy], toText));
  t.throws(
    () =>
      encode(
        {
          get a() {
            throw new Error('no');
          },
        },
        toText,
      ),
    /no/,
  );
  t.end();
});

t.test('forged encodings give a value or an error, never harm', (t) => {
  for (const text of ['%{"$":1}', '%{"$":null}', '%{"$":true}']) t.equal(decode(text, toBytes), undefined);
  t.same(decode('%{"$":["x"]}', toBytes), ['x']);
  for (const text of ['', '%', '%{', 'x']) t.throws(() => decode(text, toBytes));
  const made = decode('%{"__proto__":{"$":"x"},"a":{"$":0}}', toBytes) as object;
  t.equal(Object.getPrototypeOf(made), Object.prototype);
  t.equal(({} as { x?: unknown }).x, undefined);
  t.end();
});
