/** What a host function throws, as the data a guest is told. Never throws, whatever was thrown. */
import type { HostFailure } from '../protocol/door.ts';
import { encode } from '../protocol/values.ts';

/** Characters of name, message, of one further property, and how many of those cross. */
const MAX_NAME = 256;
const MAX_MESSAGE = 8_192;
const MAX_PROPERTY = 8_192;
const MAX_PROPERTIES = 32;

/** Told in another way, or the host's own business. */
const KEPT_BACK = new Set(['name', 'message', 'code', 'stack', 'stackTrace', 'cause', '__proto__', 'constructor']);

/** Name, message, code and own properties that are JSON values; no stack, no cause, no object of the host. */
export function failureOf(thrown: unknown): HostFailure {
  if (typeof thrown !== 'object' || thrown === null) return { name: 'Error', message: primitiveText(thrown) };
  const code = read(thrown, 'code');
  const more = propertiesOf(thrown);
  return {
    name: textOf(read(thrown, 'name'), MAX_NAME) ?? 'Error',
    message: textOf(read(thrown, 'message'), MAX_MESSAGE) ?? 'The host function threw an object without a message',
    ...((typeof code === 'string' || typeof code === 'number') && { code: String(code).slice(0, MAX_NAME) }),
    ...(more !== undefined && { more }),
  };
}

function primitiveText(thrown: unknown): string {
  if (typeof thrown === 'function') return 'The host function threw a function';
  return String(thrown).slice(0, MAX_MESSAGE);
}

const textOf = (value: unknown, limit: number): string | undefined =>
  typeof value === 'string' ? value.slice(0, limit) : undefined;

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function propertiesOf(thrown: object): Record<string, unknown> | undefined {
  let keys: string[];
  try {
    keys = Object.keys(thrown);
  } catch {
    return undefined;
  }
  const found: [string, unknown][] = [];
  for (const key of keys) {
    if (found.length === MAX_PROPERTIES) break;
    if (KEPT_BACK.has(key) || key.length > MAX_NAME) continue;
    const text = propertyText(thrown, key);
    if (text !== undefined) found.push([key, JSON.parse(text)]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** JSON text of a property that is a JSON value throughout, and not long. */
function propertyText(thrown: object, key: string): string | undefined {
  try {
    const text = encode((thrown as Record<string, unknown>)[key], () => {
      throw new TypeError('Bytes are not told');
    });
    return typeof text === 'string' && text.length <= MAX_PROPERTY && /^[^%]/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
