/** `AssertionError` of `node:assert`, with what the operators say when no message was given. */
import { inspect } from './inspect.ts';

export interface AssertionOptions {
  readonly message?: string;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator?: string;
  readonly stackStartFn?: unknown;
}

/** Lines of a rendered value that a message shows. */
const MAX_LINES = 50;

const openings: Readonly<Record<string, string>> = {
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  partialDeepStrictEqual: 'Expected values to be partially and strictly deep-equal:',
};

const show = (value: unknown): string =>
  inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1_000,
    maxArrayLength: Number.POSITIVE_INFINITY,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
    breakLength: Number.POSITIVE_INFINITY,
  });

const isPlain = (value: unknown): boolean =>
  (typeof value !== 'object' || value === null) && typeof value !== 'function';

function messageFor({ actual, expected, operator = 'fail', message }: AssertionOptions): string {
  const opening = message ?? openings[operator];
  const [a, b] = [show(actual), show(expected)];
  if (opening === undefined)
    return operator === 'fail' ? 'Failed' : `${oneLine(actual)} ${operator} ${oneLine(expected)}`;
  if (operator.startsWith('not')) {
    if (operator === 'notStrictEqual' && typeof actual === 'object' && actual !== null) {
      return `Expected "actual" not to be reference-equal to "expected":${tail(a)}`;
    }
    return `${opening}${tail(a)}`;
  }
  if (operator === 'deepEqual') return `${opening}\n\n${a}\n\nshould loosely deep-equal\n\n${b}`;
  if (isPlain(actual) && isPlain(expected) && a.length + b.length <= 80 && !/\n/.test(a + b)) {
    return `${opening}\n\n${a} !== ${b}\n`;
  }
  if (a === b) {
    return operator === 'strictEqual' && !isPlain(actual)
      ? `Values have same structure but are not reference-equal:\n\n${a}\n`
      : `Values identical but not reference-equal:\n\n${a}\n`;
  }
  return `${opening}\n+ actual - expected\n\n${difference(a.split('\n'), b.split('\n'))}\n`;
}

const oneLine = (value: unknown): string => inspect(value, { breakLength: Number.POSITIVE_INFINITY });
const tail = (text: string): string => (text.includes('\n') ? `\n\n${text}\n` : ` ${text}`);

/** Lines of both, `+` and `-` where they differ, by their longest common part. */
function difference(a: readonly string[], b: readonly string[]): string {
  if (a.length * b.length > 250_000)
    return [...a.map((line) => `+ ${line}`), ...b.map((line) => `- ${line}`)].slice(0, MAX_LINES).join('\n');
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => (lengths[i] as Uint32Array)[j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      (lengths[i] as Uint32Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`+ ${a[i++]}`);
    else lines.push(`- ${b[j++]}`);
  }
  return lines.length > MAX_LINES ? `${lines.slice(0, MAX_LINES).join('\n')}\n...` : lines.join('\n');
}

export class AssertionError extends Error {
  readonly generatedMessage: boolean;
  readonly code = 'ERR_ASSERTION';
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;

  constructor(options: AssertionOptions) {
    // These two show the difference below a message of the caller's own, too.
    const differs = options.operator === 'strictEqual' || options.operator === 'deepStrictEqual';
    super(options.message === undefined || differs ? messageFor(options) : String(options.message));
    this.generatedMessage = options.message === undefined;
    this.actual = options.actual;
    this.expected = options.expected;
    this.operator = options.operator;
    Object.defineProperty(this, 'name', { value: 'AssertionError', writable: true, configurable: true });
  }
  override toString(): string {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}
