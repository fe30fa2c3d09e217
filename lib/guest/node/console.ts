/** `node:console`: the global one. Other consoles write to the log too, unless they have a stream of their own. */
import { format } from './inspect.ts';

type Method = (...args: unknown[]) => void;
type Methods = Record<string, Method>;

const own = (globalThis as unknown as { console: Methods }).console;

interface Sink {
  write(text: string): unknown;
}
interface Options {
  readonly stdout?: Sink;
  readonly stderr?: Sink;
}

const errors = ['error', 'warn', 'trace', 'assert'];

/** A console that writes to streams. Called with or without `new`. */
export function Console(this: unknown, first: Sink | Options, second?: Sink): Methods {
  const given =
    typeof (first as Sink)?.write === 'function' ? { stdout: first as Sink, stderr: second } : (first as Options);
  const { stdout, stderr = stdout } = given ?? {};
  const made: Methods = { ...own };
  if (stdout === undefined) return made;
  for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn']) {
    const sink = errors.includes(name) ? stderr : stdout;
    made[name] = (...args) => void sink?.write(`${format(...args)}\n`);
  }
  return made;
}

const console: Methods & { Console: typeof Console } = Object.assign(own, { Console });
export const {
  assert,
  clear,
  count,
  countReset,
  debug,
  dir,
  error,
  group,
  groupCollapsed,
  groupEnd,
  info,
  log,
  table,
  time,
  timeEnd,
  timeLog,
  trace,
  warn,
}: Methods = console;
export default console;
