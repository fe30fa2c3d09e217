/** The Buffer class: the library's, with what Node.js has beyond it. Every part of a bundle takes it from here. */
import { Buffer as LibraryBuffer } from 'buffer/';
import { bytesOf } from '../web/host.ts';

export type Buffer = LibraryBuffer;

/** Base64 in the alphabet of addresses, which the library reads but does not write. */
const toBase64Url = (text: string): string => text.replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_');

const isUrlEncoding = (encoding: unknown): boolean =>
  typeof encoding === 'string' && encoding.toLowerCase() === 'base64url';

type Methods = Record<string, (...args: never[]) => unknown>;

/** What Node.js' Buffer has beyond the library's. */
function extend(Class: typeof LibraryBuffer): typeof LibraryBuffer {
  const prototype = Class.prototype as unknown as Methods;
  const statics = Class as unknown as Methods;
  const { toString, write, fill, indexOf, lastIndexOf, includes } = prototype as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const { from, isEncoding, byteLength, alloc } = statics as Record<string, (...args: unknown[]) => unknown>;
  const plain = (encoding: unknown): unknown => (isUrlEncoding(encoding) ? 'base64' : encoding);
  const own = {
    toString(this: unknown, encoding?: unknown, ...rest: unknown[]): unknown {
      const text = Reflect.apply(toString as () => unknown, this, [plain(encoding), ...rest]) as string;
      return isUrlEncoding(encoding) ? toBase64Url(text) : text;
    },
    write(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(write as () => unknown, this, args.map(plain));
    },
    fill(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(fill as () => unknown, this, [args[0], ...args.slice(1).map(plain)]);
    },
    indexOf(this: unknown, value: unknown, ...rest: unknown[]): unknown {
      return Reflect.apply(indexOf as () => unknown, this, [value, ...rest.map(plain)]);
    },
    lastIndexOf(this: unknown, value: unknown, ...rest: unknown[]): unknown {
      return Reflect.apply(lastIndexOf as () => unknown, this, [value, ...rest.map(plain)]);
    },
    includes(this: unknown, value: unknown, ...rest: unknown[]): unknown {
      return Reflect.apply(includes as () => unknown, this, [value, ...rest.map(plain)]);
    },
  };
  for (const [name, value] of Object.entries(own)) define(prototype, name, value);
  for (const order of ['LE', 'BE']) {
    define(prototype, `readBigUint64${order}`, prototype[`readBigUInt64${order}`]);
    define(prototype, `writeBigUint64${order}`, prototype[`writeBigUInt64${order}`]);
  }
  define(statics, 'from', (value: unknown, encoding?: unknown, length?: unknown) =>
    (from as (...args: unknown[]) => unknown)(value, typeof value === 'string' ? plain(encoding) : encoding, length),
  );
  define(statics, 'alloc', (size: unknown, value?: unknown, encoding?: unknown) =>
    (alloc as (...args: unknown[]) => unknown)(size, value, plain(encoding)),
  );
  define(statics, 'isEncoding', (encoding: unknown) => isUrlEncoding(encoding) || isEncoding?.(encoding) === true);
  define(statics, 'byteLength', (value: unknown, encoding?: unknown) => byteLength?.(value, plain(encoding)));
  define(statics, 'of', (...bytes: number[]) => Class.from(bytes));
  define(statics, 'copyBytesFrom', (view: Uint8Array, offset = 0, length = view.length - offset) => {
    const part = view.slice(offset, offset + length);
    return Class.from(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
  });
  return Class;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

export const Buffer: typeof LibraryBuffer = extend(LibraryBuffer);
/** Bytes written one per character, as the host's operations take and give them. */
export function fromBinary(text: string): Buffer {
  const bytes = bytesOf(text);
  return Buffer.from(bytes.buffer, 0, bytes.length);
}
