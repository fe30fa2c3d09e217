/** Between Node.js' streams and the web's. */
import type * as web from '../web/streams.ts';
import { Buffer } from './buffer-class.ts';
import type { StreamClass, StreamLike } from './stream.ts';

export const fromWeb = {
  readable(Readable: StreamClass, source: web.ReadableStream<unknown>, options: object = {}): StreamLike {
    const reader = source.getReader();
    return new Readable({
      ...options,
      read(this: StreamLike) {
        reader.read().then(
          ({ done, value }) => this.push(done ? null : value instanceof Uint8Array ? Buffer.from(value) : value),
          (error: unknown) => this.destroy(error),
        );
      },
      destroy(error: unknown, done: (error?: unknown) => void) {
        reader.cancel(error).then(
          () => done(error),
          () => done(error),
        );
      },
    });
  },
  writable(Writable: StreamClass, sink: web.WritableStream<unknown>, options: object = {}): StreamLike {
    const writer = sink.getWriter();
    const settle = (promise: Promise<unknown>, done: (error?: unknown) => void): void => {
      promise.then(
        () => done(),
        (error: unknown) => done(error),
      );
    };
    return new Writable({
      ...options,
      write: (chunk: unknown, _encoding: string, done: (error?: unknown) => void) => settle(writer.write(chunk), done),
      final: (done: (error?: unknown) => void) => settle(writer.close(), done),
      destroy: (error: unknown, done: (error?: unknown) => void) => {
        if (error === null || error === undefined) return done(error);
        writer.abort(error).then(
          () => done(error),
          () => done(error),
        );
      },
    });
  },
};

/** Defined in every bundle whose code calls `toWeb`, and in no other for the sake of streams. */
const classes = globalThis as unknown as Pick<typeof web, 'ReadableStream' | 'WritableStream'>;

export const toWeb = {
  readable(stream: StreamLike): web.ReadableStream<unknown> {
    const iterator = stream[Symbol.asyncIterator]();
    return new classes.ReadableStream({
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value instanceof Uint8Array ? new Uint8Array(value) : value);
      },
      async cancel(reason) {
        stream.destroy(reason);
      },
    });
  },
  writable(stream: StreamLike): web.WritableStream<unknown> {
    return new classes.WritableStream({
      write: (chunk) =>
        new Promise<void>((resolve, reject) => {
          stream.write(chunk, undefined, (error?: unknown) => (error ? reject(error) : resolve()));
        }),
      close: () => new Promise<void>((resolve) => void stream.end(undefined, undefined, () => resolve())),
      abort: (reason) => void stream.destroy(reason),
    });
  },
};
