/**
 * Host operations a guest asks for in the middle of a crossing: what the host's own implementation is right for and
 * what needs no permission. Runs on the isolate's thread, outside its deadline, so every operation is bounded by its
 * input and its parameters. Arguments come from the guest and are trusted in nothing.
 */
import { randomBytes } from 'node:crypto';
import { domainToASCII, domainToUnicode } from 'node:url';
import { certificateOperations } from './certificate.ts';
import { cryptoOperations } from './crypto.ts';
import { ecdhOperations } from './ecdh.ts';
import { OperationError, type Operations } from './operations.ts';
import { textOperations } from './text.ts';
import { zlibOperations } from './zlib.ts';

/** Random bytes one request may ask for; the web's own limit. */
const MAX_RANDOM_BYTES = 65_536;
/** Characters of one argument, and of one result. */
const MAX_CHARS = 64 * 1024 * 1024;
const MAX_HOST_CHARS = 1_024;

const short = (text: string): string => {
  if (text.length > MAX_HOST_CHARS) throw new OperationError('RangeError', 'The host name is too long');
  return text;
};

const operations: Operations = {
  random: (count) => {
    const bytes = Number(count);
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > MAX_RANDOM_BYTES) {
      throw new OperationError('QuotaExceededError', `At most ${MAX_RANDOM_BYTES} random bytes are given at once`);
    }
    return randomBytes(bytes).toString('latin1');
  },
  domainToASCII: (domain) => domainToASCII(short(domain)),
  domainToUnicode: (domain) => domainToUnicode(short(domain)),
  ...textOperations,
  ...cryptoOperations,
  ...ecdhOperations,
  ...certificateOperations,
  ...zlibOperations,
};

/** The reply to one operation: `=` and the result, or `!` and `{name, message, code?}` as JSON. Never throws. */
export function operate(name: unknown, first: unknown, second: unknown): string {
  try {
    if (typeof name !== 'string' || typeof first !== 'string' || typeof second !== 'string') {
      throw new OperationError('TypeError', 'A host operation takes texts');
    }
    if (first.length + second.length > MAX_CHARS) {
      throw new OperationError('RangeError', `The data has more than ${MAX_CHARS} bytes`);
    }
    const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (run === undefined) throw new OperationError('NotSupportedError', `There is no host operation "${name}"`);
    const result = run(first, second);
    if (result.length > MAX_CHARS)
      throw new OperationError('RangeError', `The result has more than ${MAX_CHARS} bytes`);
    return `=${result}`;
  } catch (error) {
    return `!${JSON.stringify(factsOf(error))}`;
  }
}

/** Name, message and code only: nothing else of a host error crosses. */
function factsOf(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: 'The host operation failed' };
  const { code } = error as { code?: unknown };
  return { name: error.name, message: error.message, ...(typeof code === 'string' && { code }) };
}
