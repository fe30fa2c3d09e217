/** Values JSON cannot hold, and back: dates, sets, maps, big numbers, errors, references, own classes. */
import SuperJSON from 'superjson';

class Money {
  constructor(cents) {
    this.cents = cents;
  }
}

export const handler = () => {
  const json = new SuperJSON({ dedupe: true });
  json.registerClass(Money, { identifier: 'money' });
  json.registerCustom(
    {
      isApplicable: (value) => typeof value === 'function',
      serialize: (run) => run.name,
      deserialize: (name) => `function ${name}`,
    },
    'function',
  );
  const shared = { x: 1 };
  const value = {
    date: new Date('2026-04-07T10:00:00Z'),
    set: new Set([1, new Date(0)]),
    map: new Map([['a', 1n]]),
    odd: [undefined, Number.NaN, -0, Number.NEGATIVE_INFINITY, /a.b/gi],
    error: new TypeError('no'),
    url: new URL('https://example.com/?a=1'),
    bytes: Uint8Array.of(1, 2),
    money: new Money(5),
    run: function named() {},
    twice: [shared, shared],
    'a.b': { 'c\\d': new Date(1) },
  };
  const { json: plain, meta } = json.serialize(value);
  const back = json.parse(json.stringify(value));
  return {
    plain,
    meta,
    back: [
      back.date.toISOString(),
      [...back.set].map(String).length,
      [...back.map].map(String),
      Object.is(back.odd[2], -0),
      String(back.odd[4]),
      back.error instanceof Error,
      back.error.message,
      back.url.href,
      [...back.bytes],
      back.money instanceof Money,
      back.run,
      back.twice[0] === back.twice[1],
      back['a.b']['c\\d'].getTime(),
    ],
  };
};
