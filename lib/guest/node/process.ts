/** `node:process`: the kernel's object, completed in place, so that there is one `process` whoever asks for it. */
import { invalidArgType, nodeError, unsupported } from './errors.ts';

interface Kernel extends Record<string, unknown> {
  readonly env: Record<string, string>;
  cwd(): string;
  nextTick(run: (...args: unknown[]) => void, ...args: unknown[]): void;
}

const kernel = (globalThis as unknown as { process: Kernel }).process;
declare const performance: { now(): number };
declare const console: Record<'log' | 'error', (text: string) => void>;

const VERSION = '24.0.0';

/** A stream as far as a log can be one: what is written becomes a line. */
function output(fd: number, write: (text: string) => void): object {
  const stream = {
    fd,
    isTTY: false,
    writable: true,
    columns: undefined,
    writableLength: 0,
    write(chunk: unknown, encoding?: unknown, done?: unknown): boolean {
      if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
        throw invalidArgType('chunk', 'of type string or an instance of Buffer, TypedArray, or DataView', chunk);
      }
      const text = typeof chunk === 'string' ? chunk : String.fromCharCode(...chunk);
      if (text !== '') write(text.endsWith('\n') ? text.slice(0, -1) : text);
      const callback = typeof encoding === 'function' ? encoding : done;
      if (typeof callback === 'function') kernel.nextTick(callback as () => void);
      return true;
    },
    end(chunk?: unknown): object {
      if (chunk !== undefined) stream.write(chunk);
      return stream;
    },
    getColorDepth: () => 1,
    hasColors: () => false,
    getWindowSize: () => [80, 24],
    cork: () => undefined,
    uncork: () => undefined,
  };
  for (const name of ['on', 'once', 'off', 'removeListener', 'addListener', 'removeAllListeners']) {
    Object.assign(stream, { [name]: () => stream });
  }
  return Object.assign(stream, { emit: () => false, listenerCount: () => 0 });
}

const nanoseconds = (): bigint => BigInt(Math.round(performance.now() * 1_000)) * 1_000n;

function hrtime(since?: [number, number]): [number, number] {
  const now = nanoseconds();
  const passed = since === undefined ? now : now - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
  return [Number(passed / 1_000_000_000n), Number(passed % 1_000_000_000n)];
}
hrtime.bigint = nanoseconds;

const memory = (): object => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 });
const refuse = (what: string, instead: string) => (): never => {
  throw unsupported(`process.${what}`, instead);
};

function exit(code: unknown = kernel.exitCode ?? 0): never {
  throw Object.assign(
    nodeError(
      Error,
      'ERR_ISOPOD_EXIT',
      `process.exit(${code}) was called: an instance ends when the engine says so; return or throw instead`,
    ),
    { exitCode: code },
  );
}

const listeners = [
  'addListener',
  'removeListener',
  'removeAllListeners',
  'prependListener',
  'prependOnceListener',
  'setMaxListeners',
];

const additions = {
  title: 'isopod',
  version: `v${VERSION}`,
  versions: Object.freeze({ node: VERSION, v8: '13.6', isopod: '1' }),
  release: Object.freeze({ name: 'node' }),
  arch: 'x64',
  ppid: 0,
  exitCode: undefined,
  execPath: '/usr/bin/node',
  argv: ['/usr/bin/node', '/code/index.js'],
  argv0: 'node',
  config: Object.freeze({}),
  features: Object.freeze({}),
  stdout: output(1, (text) => console.log(text)),
  stderr: output(2, (text) => console.error(text)),
  stdin: { fd: 0, isTTY: false, on: () => undefined },
  hrtime,
  memoryUsage: Object.assign(memory, { rss: () => 0 }),
  resourceUsage: () => ({}),
  cpuUsage: () => ({ user: Math.round(performance.now() * 1_000), system: 0 }),
  availableMemory: () => 0,
  constrainedMemory: () => 0,
  exit,
  reallyExit: exit,
  abort: exit,
  kill: refuse('kill', 'there are no processes'),
  chdir: refuse('chdir', 'use absolute paths'),
  umask: () => 0o22,
  getuid: () => 1_000,
  geteuid: () => 1_000,
  getgid: () => 1_000,
  getegid: () => 1_000,
  emit: () => false,
  listeners: () => [],
  rawListeners: () => [],
  listenerCount: () => 0,
  eventNames: () => [],
  getMaxListeners: () => 10,
  ...Object.fromEntries(listeners.map((name) => [name, () => kernel])),
};

export const process: Kernel & typeof additions = Object.assign(kernel, additions);
export const {
  abort,
  arch,
  argv,
  argv0,
  chdir,
  cpuUsage,
  execPath,
  exitCode,
  kill,
  memoryUsage,
  ppid,
  release,
  stderr,
  stdin,
  stdout,
  title,
  umask,
  version,
  versions,
}: typeof additions = process;
export const { cwd, emitWarning, nextTick, off, on, once, pid, platform, uptime } = process as unknown as Record<
  string,
  never
>;
export { exit, hrtime };
/** What the environment is when it is read, not what it was when the module loaded. */
export const env: Record<string, string> = new Proxy(
  {},
  {
    get: (_target, name) => Reflect.get(kernel.env, name),
    set: (_target, name, value) => Reflect.set(kernel.env, name, `${value}`),
    has: (_target, name) => Reflect.has(kernel.env, name),
    deleteProperty: (_target, name) => Reflect.deleteProperty(kernel.env, name),
    ownKeys: () => Reflect.ownKeys(kernel.env),
    getOwnPropertyDescriptor: (_target, name) => {
      const found = Reflect.getOwnPropertyDescriptor(kernel.env, name);
      return found && { ...found, configurable: true };
    },
  },
);
export default process;
