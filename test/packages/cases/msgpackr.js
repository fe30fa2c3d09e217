/** Compact binary values: records, maps, dates, big numbers, own extensions, streams of values. */
import { addExtension, Packr, pack, Unpackr, unpack, unpackMultiple } from 'msgpackr';

class Money {
  constructor(cents) {
    this.cents = cents;
  }
}
addExtension({ Class: Money, type: 11, write: ({ cents }) => cents, read: (cents) => new Money(cents) });

const hex = (bytes) => Buffer.from(bytes).toString('hex');

export const handler = () => {
  const value = {
    list: Array.from({ length: 20 }, (_, n) => ({ id: n, name: `item ${n}`, price: n * 1.25 })),
    text: 'é𝌆'.repeat(30),
    bytes: Uint8Array.of(1, 2, 3),
    numbers: [0, -1, 127, 128, -129, 65_536, 2 ** 40, 0.1, -0],
    none: null,
    date: new Date('2026-04-07T10:00:00.123Z'),
    yes: true,
  };
  const shared = new Packr({ structuredClone: true });
  const loop = { name: 'loop', set: new Set([1, 'a']), error: new RangeError('far'), pattern: /a+/gi };
  loop.self = loop;
  const copy = shared.unpack(shared.pack(loop));
  const maps = new Unpackr({ mapsAsObjects: false, useRecords: false });
  const structures = [];
  const records = new Packr({ structures });
  const record = records.pack({ a: 1, b: 2 });
  return {
    round: unpack(pack(value)),
    bytes: [
      hex(pack({ a: [1, 'x', null] })),
      hex(new Packr({ useRecords: false }).pack({ a: 1.5 })),
      hex(pack(new Date(0))),
    ],
    own: [unpack(pack(new Money(450))).cents, unpack(pack(new Money(450))) instanceof Money],
    big: String(new Unpackr({ int64AsType: 'bigint' }).unpack(new Packr().pack(2n ** 62n))),
    copy: [copy.self === copy, [...copy.set], copy.error.message, copy.error.name, String(copy.pattern)],
    maps: [...maps.unpack(new Packr({ useRecords: false }).pack({ a: 1, b: 2 }))],
    records: [hex(record), structures, records.unpack(record)],
    multiple: unpackMultiple(Buffer.concat([pack(1), pack('two'), pack([3])])),
  };
};
