/** The way of the library parts to their host; what the kernel hands to the bundle. Bytes travel one per character. */
import { DOMException, domNames } from './dom-exception.ts';

declare const __isopod_host: {
  operate(operation: string, first?: string, second?: string): string;
  call(operation: string, ...args: unknown[]): Promise<unknown>;
  startPieces(context: unknown, head: object): Promise<unknown>;
  writePiece(context: unknown, text: string): Promise<unknown>;
  readPiece(context: unknown): Promise<unknown>;
  onRejection(listener: (message: string) => boolean): void;
};

/** Hears of unhandled rejections; returns true to keep one out of the log. */
export const onRejection = (listener: (message: string) => boolean): void => __isopod_host.onRejection(listener);

const errorClasses: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError, SyntaxError };

/** A host's failure as the error the standard names: a class of ECMAScript's, or a DOMException. */
function toError(thrown: unknown): unknown {
  const { name, message, code } = thrown as Error & { code?: string };
  const Class = errorClasses[name];
  if (Class !== undefined) return Object.assign(new Class(message), code !== undefined && { code });
  return domNames.has(name) ? new DOMException(message, name) : thrown;
}

/** An operation answered at once. */
export function operate(operation: string, first = '', second = ''): string {
  try {
    return __isopod_host.operate(operation, first, second);
  } catch (error) {
    throw toError(error);
  }
}

/** An operation that takes time; arguments and result are JSON. */
export function call(operation: string, ...args: unknown[]): Promise<unknown> {
  return __isopod_host.call(operation, ...args).catch((error: unknown) => {
    throw toError(error);
  });
}

/** A result in pieces, of the call `context` was made for. Failures of the engine stay as they are, with their codes. */
export const startPieces = (context: unknown, head: object): Promise<unknown> =>
  __isopod_host.startPieces(context, head);
export const writePiece = (context: unknown, text: string): Promise<unknown> => __isopod_host.writePiece(context, text);
export const readPiece = (context: unknown): Promise<unknown> => __isopod_host.readPiece(context);

/** Arguments one `String.fromCharCode` call takes at a time; far below the engine's limit. */
const STEP = 8_192;

export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += STEP) text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return text;
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

export type BufferSource = ArrayBuffer | ArrayBufferView;

export const isBufferSource = (value: unknown): value is BufferSource =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

const isShared = (buffer: object): boolean => Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';

/** Bytes another thread may change, which a module with WebAssembly can make. */
export const isSharedSource = (source: BufferSource): boolean => ArrayBuffer.isView(source) && isShared(source.buffer);

/** The bytes of a buffer or view, shared with it. */
export function viewOf(source: BufferSource): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(source)) return new Uint8Array(source);
  return new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
}
