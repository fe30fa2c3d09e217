/** One round of each kind of fuzzing: made from a seed, it resolves with what is wrong, or undefined. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder } from '../../lib/cell/frames.ts';
import { fromCell } from '../../lib/cell/messages.ts';
import { declare } from '../../lib/function/declaration.ts';
import { Store } from '../../lib/image/store.ts';
import { type Engine, ERRORS, type Isolation, type IsopodError } from '../../lib/index.ts';
import { Call } from '../../lib/instance/call.ts';
import { Definition } from '../../lib/instance/definition.ts';
import { Observers } from '../../lib/observe/observers.ts';
import { RemoteHost } from '../../lib/remote/remote-host.ts';
import { RemoteInstance } from '../../lib/remote/remote-instance.ts';
import { Frames } from './frame.ts';
import { Program } from './program.ts';
import { Random } from './random.ts';

export type Round = (seed: number) => Promise<string | undefined>;

const bindings = {
  host: {
    echo: (value: unknown) => value,
    later: async (value: unknown) => value,
    fail: () => {
      throw new Error('refused');
    },
  },
};

const prototypes = [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Error.prototype];
const keysOf = (): number => prototypes.reduce<number>((sum, prototype) => sum + Reflect.ownKeys(prototype).length, 0);

/** A hostile program, called twice, beside a neighbour that has to answer. */
export function programs(engine: Engine, tier: Isolation): Round {
  let count = 0;
  return async (seed) => {
    const functionName = `fuzz${count++}`;
    const before = keysOf();
    const source = new Program(new Random(seed)).source();
    const outcomes: (IsopodError | undefined)[] = [];
    const tell = (error: unknown): void => void outcomes.push(error as IsopodError);
    try {
      const limits = { timeout: 0.5, memorySize: 32, isolation: tier };
      await engine.createFunction({ functionName, code: { source }, ...limits, bindings });
      for (let call = 0; call < 2; call++)
        await engine.invoke(functionName, { call }).then(() => tell(undefined), tell);
      await engine.deleteFunction(functionName);
    } catch (error) {
      tell(error);
    }
    const fault = outcomes.find((error) => error !== undefined && !Object.hasOwn(ERRORS, error.code ?? ''));
    const internal = outcomes.find((error) => error?.code === 'InternalError');
    const answer = await engine.invoke('neighbour', seed);
    const problem =
      (fault !== undefined && `an error without a code: ${fault.stack}`) ||
      (internal !== undefined && `a fault of ours: ${internal.message}`) ||
      (answer !== seed && `the neighbour answered ${JSON.stringify(answer)}`) ||
      (keysOf() !== before && 'a prototype of the host was changed');
    return problem === false ? undefined : `${problem}\n${source}`;
  };
}

class Host extends RemoteHost {
  readonly lane = 'cell';
  run(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  protected post(): void {
    // Nobody listens.
  }
  hear(message: readonly unknown[]): void {
    this.take(message);
  }
}

/** Bytes and messages a broken cell may send: refused with a code, or taken in without harm to calls that are open. */
export const frames: Round = async (seed) => {
  const random = new Random(seed);
  const declared = declare({ functionName: 'f', code: { source: '' }, bindings });
  const engine = {
    requestPrefix: '',
    maxPayloadBytes: 1_000_000,
    outbound: {},
    warn: () => undefined,
    observers: new Observers(() => undefined),
  };
  const image = {
    info: { kind: 'code-cache', bytes: 0, measuredMs: {} },
    now: () => undefined,
    get: () => Promise.reject(new Error('none')),
  } as const;
  const code = { hash: '', size: 0, packages: [], warnings: [], image, sourceMap: () => '' };
  const definition = new Definition(declared, code, engine, undefined);
  const host = new Host();
  const owner = { ended: () => undefined, lost: () => undefined };
  const told: number[] = [];
  const sink = { succeeded: (call: Call) => told.push(call.no), failed: (call: Call) => told.push(call.no) };
  for (let number = 1; number <= 3; number++) {
    const instance = new RemoteInstance(`f-${number}`, number, definition, owner, host);
    host.add(instance);
    for (let at = 0; at < 3; at++)
      instance.submit(new Call(16 + number * 3 + at, 'null', false, 0, 1_000, sink, at === 0));
  }
  const hostile = new Frames(random, [1, 2, 3, 16, 19, 20, 21, 22, 25]);
  try {
    for (let message = 0; message < 30; message++) {
      const right = fromCell({ say: hostile.say() });
      if (right !== undefined && 'say' in right) host.hear(right.say);
      const decoder = new Decoder();
      try {
        for (const frame of decoder.push(hostile.bytes())) {
          const heard = fromCell(frame.value);
          if (heard !== undefined && 'say' in heard) host.hear(heard.say);
        }
      } catch (error) {
        if ((error as IsopodError).code !== 'InternalError')
          return `a frame broke the decoder: ${(error as Error).stack}`;
      }
    }
  } catch (error) {
    return `a message broke the engine's side: ${(error as Error).stack}`;
  }
  await new Promise((resolve) => setImmediate(resolve));
  return new Set(told).size === told.length ? undefined : `a call was ended twice: ${told}`;
};

/** Files of images that were cut, changed or exchanged: not read, or read as they were written. */
export function images(folder: string): Round {
  return async (seed) => {
    const random = new Random(seed);
    const names = readdirSync(folder).filter((name) => name.endsWith('.image'));
    const path = join(folder, random.pick(names));
    const key = path.slice(folder.length + 1, -'.image'.length);
    const good = readFileSync(path);
    const whole = new Store(folder).read(key);
    writeFileSync(path, spoil(good, random, readFileSync(join(folder, random.pick(names)))));
    const spoiled = readFileSync(path);
    let problem: string | undefined;
    try {
      const read = new Store(folder).read(key);
      if (read !== undefined && !spoiled.equals(good)) problem = 'a spoiled image was read';
      if (read === undefined && spoiled.equals(good) && whole !== undefined) problem = 'a good image was refused';
    } catch (error) {
      problem = `a spoiled image broke the store: ${(error as Error).stack}`;
    }
    writeFileSync(path, good);
    return problem;
  };
}

function spoil(good: Buffer, random: Random, other: Buffer): Buffer {
  const bytes = Buffer.from(good);
  const at = random.int(bytes.length);
  bytes[at] = (bytes[at] as number) ^ (1 << random.int(8));
  return random.pick([
    () => bytes,
    () => good.subarray(0, random.int(good.length)),
    () => Buffer.concat([good, Buffer.from([random.int(256)])]),
    () => other,
    () => Buffer.alloc(random.int(200)),
    () => Buffer.concat([good.subarray(0, 64), other.subarray(64)]),
  ])();
}
