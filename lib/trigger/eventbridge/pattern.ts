/** EventBridge's filter patterns: keys are all to match, of an array one is. Pure. */

type Test = (value: unknown, present: boolean) => boolean;
export type Pattern = (event: unknown) => boolean;

const DEPTH = 20;
const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};

/** Throws an Error that says what is wrong with the JSON text. */
export function parsePattern(text: string): Pattern {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text === '' ? '{}' : text);
  } catch (error) {
    throw new Error(`is not JSON: ${(error as Error).message}`);
  }
  const test = objectTest(pattern, '', 0);
  return (event) => test(event, true);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectTest(pattern: unknown, path: string, depth: number): Test {
  if (!isObject(pattern)) throw new Error(`${path || 'the pattern'} must be an object or an array of values`);
  if (depth > DEPTH) throw new Error(`${path} is nested more than ${DEPTH} deep`);
  const tests = Object.entries(pattern).map(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [key, Array.isArray(inner) ? anyTest(inner, at) : objectTest(inner, at, depth + 1)] as const;
  });
  return (value) =>
    tests.every(([key, test]) => {
      const present = isObject(value) && Object.hasOwn(value, key);
      return test(present ? value[key] : undefined, present);
    });
}

/** One of the values; one of an event's array is enough. */
function anyTest(values: readonly unknown[], path: string): Test {
  const tests = values.map((value) => valueTest(value, path));
  return (value, present) =>
    Array.isArray(value)
      ? value.some((one) => tests.some((test) => test(one, present)))
      : tests.some((test) => test(value, present));
}

function valueTest(wanted: unknown, path: string): Test {
  if (!isObject(wanted)) return (value, present) => present && value === wanted;
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(wanted);
  if (more.length > 0) throw new Error(`${path}: one operator an object`);
  switch (operator) {
    case 'prefix':
    case 'suffix': {
      const text = textOf(operand, `${path}.${operator}`);
      return (value) =>
        typeof value === 'string' && (operator === 'prefix' ? value.startsWith(text) : value.endsWith(text));
    }
    case 'exists':
      return (_value, present) => present === (operand !== false);
    case 'anything-but': {
      const inner = anyTest(Array.isArray(operand) ? operand : [operand], path);
      return (value, present) => present && !inner(value, present);
    }
    case 'numeric':
      return numericTest(operand, path);
    default:
      throw new Error(
        `${path}: unknown operator "${operator}"; there are prefix, suffix, exists, anything-but and numeric`,
      );
  }
}

function textOf(operand: unknown, path: string): string {
  if (typeof operand !== 'string') throw new Error(`${path} must be a text`);
  return operand;
}

/** `[">", 1, "<=", 5]`. */
function numericTest(operand: unknown, path: string): Test {
  const list = Array.isArray(operand) ? operand : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const compare = COMPARE[String(list[at])];
    const limit: unknown = list[at + 1];
    if (compare === undefined || typeof limit !== 'number') break;
    tests.push((value) => compare(value, limit));
  }
  if (tests.length === 0 || tests.length * 2 !== list.length) {
    throw new Error(`${path}.numeric must look like [">", 1, "<=", 5]`);
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}
