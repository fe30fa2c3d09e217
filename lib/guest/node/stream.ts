/** `node:stream`: Node.js' own streams, as a library, and the bridges to the web's. */
import library from 'readable-stream';
import { fromWeb, toWeb } from './stream-bridges.ts';

export interface StreamLike {
  on(name: string, listener: (...args: never[]) => void): this;
  once(name: string, listener: (...args: never[]) => void): this;
  off(name: string, listener: (...args: never[]) => void): this;
  emit(name: string, ...args: unknown[]): boolean;
  destroy(error?: unknown): this;
  pipe<T>(to: T): T;
  read(): unknown;
  push(chunk: unknown, encoding?: string): boolean;
  write(chunk: unknown, encoding?: unknown, done?: unknown): boolean;
  end(chunk?: unknown, encoding?: unknown, done?: unknown): this;
  setEncoding(encoding: string): this;
  readonly destroyed: boolean;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

export interface StreamClass {
  new (options?: object): StreamLike;
  prototype: StreamLike;
  from(source: unknown, options?: object): StreamLike;
  [name: string]: unknown;
}

type Done = (error?: unknown) => void;

interface Library {
  Readable: StreamClass;
  Writable: StreamClass;
  Duplex: StreamClass;
  Transform: StreamClass;
  PassThrough: StreamClass;
  Stream: StreamClass;
  addAbortSignal(signal: unknown, stream: StreamLike): StreamLike;
  finished(stream: unknown, ...rest: unknown[]): () => void;
  destroy(stream: unknown, error?: unknown): unknown;
  pipeline(...streams: unknown[]): unknown;
  compose(...streams: unknown[]): StreamLike;
  isDisturbed(stream: unknown): boolean;
  isErrored(stream: unknown): boolean;
  isReadable(stream: unknown): boolean;
  promises: {
    finished(stream: unknown, options?: object): Promise<void>;
    pipeline(...streams: unknown[]): Promise<unknown>;
  };
  [name: string]: unknown;
}

const streams = library as unknown as Library;

/** The class itself, `Readable` and the rest hang on it, as Node.js' does. */
const Stream: StreamClass & Library = streams.Stream as StreamClass & Library;
Object.assign(Stream, {
  Readable: streams.Readable,
  Writable: streams.Writable,
  Duplex: streams.Duplex,
  Transform: streams.Transform,
  PassThrough: streams.PassThrough,
  Stream,
  addAbortSignal: streams.addAbortSignal,
  finished: streams.finished,
  destroy: streams.destroy,
  pipeline: streams.pipeline,
  compose: streams.compose,
  isDisturbed: streams.isDisturbed,
  isErrored: streams.isErrored,
  isReadable: streams.isReadable,
  getDefaultHighWaterMark,
});

let highWaterMark = 65_536;
function getDefaultHighWaterMark(objectMode: boolean): number {
  return objectMode ? 16 : highWaterMark;
}
export function setDefaultHighWaterMark(objectMode: boolean, value: number): void {
  if (!objectMode) highWaterMark = value;
}
Object.assign(Stream, { setDefaultHighWaterMark });

Object.assign(streams.Readable, {
  fromWeb: (source: never, options?: object) => fromWeb.readable(streams.Readable, source, options),
  toWeb: toWeb.readable,
});
Object.assign(streams.Writable, {
  fromWeb: (sink: never, options?: object) => fromWeb.writable(streams.Writable, sink, options),
  toWeb: toWeb.writable,
});

export const {
  addAbortSignal,
  compose,
  destroy,
  Duplex,
  finished,
  isDisturbed,
  isErrored,
  isReadable,
  PassThrough,
  pipeline,
  promises,
  Readable,
  Transform,
  Writable,
}: Library = streams;
export type { Done };
export { getDefaultHighWaterMark, Stream };
export default Stream;
