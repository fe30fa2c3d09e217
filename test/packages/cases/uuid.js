/** Identifiers: made at random, by time, by name; parsed and checked. */
import { NIL, parse, stringify, v1, v3, v4, v5, v6, v7, validate, version } from 'uuid';

const EXAMPLE = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

export const handler = () => {
  const random = Array.from({ length: 200 }, () => v4());
  const ordered = Array.from({ length: 200 }, () => v7());
  return {
    random: [new Set(random).size, random.every((id) => validate(id) && version(id) === 4)],
    ordered: [ordered.join() === ordered.toSorted().join(), version(ordered[0]), version(v1()), version(v6())],
    fixed: [
      v4({ random: Uint8Array.from({ length: 16 }, (_, n) => n) }),
      v7({ msecs: 1_700_000_000_000, seq: 7, random: new Uint8Array(16) }),
      v1({ node: [1, 35, 69, 103, 137, 171], clockseq: 4_660, msecs: 1_320_107_040_000, nsecs: 5_678 }),
    ],
    named: [v5('example.com', v5.DNS), v5('https://example.com/', v5.URL), v3('hello', EXAMPLE)],
    bytes: [...parse(EXAMPLE)],
    text: stringify(parse(EXAMPLE)),
    checks: [validate(NIL), validate('x'), version(EXAMPLE)],
  };
};
