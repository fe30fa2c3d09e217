/** Hostile bytes and messages for the pipe of a cell: good ones with something wrong, and what no cell ever says. */
import { encode } from '../../lib/cell/frames.ts';
import { CPU_USED, HEAP, HOST_CALL, LOGGED, LOST, NEAR_LIMIT, SETTLED } from '../../lib/remote/messages.ts';
import type { Random } from './random.ts';

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1,
  1e308,
  2 ** 53,
  '',
  '[]',
  '[1,0,null]',
  '{"__proto__":1}',
  '[[[',
  '\ud800',
  [],
  {},
  [1, [2]],
  { code: 'X' },
  { __proto__: null, message: 1 },
  '["a",0]',
  '[16,4,1000000000]',
  '[16,1,{"code":"__proto__"}]',
  '[16,2,5]',
  '[-16,0,1]',
];

export class Frames {
  readonly #random: Random;
  /** Numbers of calls and instances that exist, so that some messages hit. */
  readonly #known: readonly number[];

  constructor(random: Random, known: readonly number[]) {
    this.#random = random;
    this.#known = known;
  }

  #strange(): unknown {
    return this.#random.pick(STRANGE);
  }

  #number(): unknown {
    return this.#random.chance(0.8) ? this.#random.pick(this.#known) : this.#strange();
  }

  /** What goes into `take` once it was let through: right in form, wrong in every other way. */
  say(): unknown[] {
    const random = this.#random;
    const no = (): number => random.pick([...this.#known, 0, -1, 1e9, 0.5]);
    const text = (): string => {
      const strange = this.#strange();
      return typeof strange === 'string' ? strange : (JSON.stringify(strange) ?? '');
    };
    const op = random.pick([SETTLED, LOGGED, HOST_CALL, LOST, CPU_USED, NEAR_LIMIT, HEAP]);
    switch (op) {
      case SETTLED:
        return [op, no(), random.pick([text(), `[${no()},${random.int(6)},${text() || 0}]`]), no()];
      case LOGGED:
        return [op, no(), random.pick([[], [no(), text()], [no(), text(), no(), text()]]), no()];
      case HOST_CALL:
        return [
          op,
          no(),
          no(),
          no(),
          random.pick(['host', '', '__proto__', text()]),
          random.pick(['echo', 'constructor', text()]),
          text(),
        ];
      case LOST:
        return [op, no(), { code: random.pick(['FunctionTimeout', 'toString', text()]), message: text() }, no(), no()];
      case CPU_USED:
      case HEAP:
        return [op, no(), no()];
      default:
        return [op, no(), random.pick(['memory', 'time']), no(), no()];
    }
  }

  /** A message that may be none. */
  message(): unknown {
    const random = this.#random;
    const list = random.times(0, 3, () => this.say()).flat();
    if (random.chance(0.5) && list.length > 0) list[random.int(list.length)] = this.#strange();
    return random.pick([
      () => ({ say: list }),
      () => ({ step: this.#number(), report: this.#strange() }),
      () => ({ here: this.#strange() }),
      () => ({ ready: this.#strange() }),
      () => this.#strange(),
    ])();
  }

  /** Bytes: frames, some cut, some with a byte turned. */
  bytes(): Buffer {
    const random = this.#random;
    const all = Buffer.concat(random.times(1, 4, () => Buffer.from(encode(this.message() ?? null))));
    for (let turns = random.int(4); turns > 0; turns--) all[random.int(all.length)] = random.int(256);
    return random.chance(0.3) ? all.subarray(random.int(12), random.int(all.length)) : all;
  }
}
