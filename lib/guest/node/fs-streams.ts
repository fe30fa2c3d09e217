/** `createReadStream` and `createWriteStream`. */
import { Buffer } from './buffer-class.ts';
import { closeSync, openNode, readBytes, writeBytes } from './fs-open.ts';
import { toPath } from './fs-tree.ts';
import { Readable, type StreamLike, Writable } from './stream.ts';

interface Options {
  readonly flags?: string;
  readonly encoding?: string;
  readonly fd?: number | { readonly fd: number };
  readonly start?: number;
  readonly end?: number;
  readonly autoClose?: boolean;
  readonly emitClose?: boolean;
  readonly highWaterMark?: number;
  readonly signal?: unknown;
}
type Done = (error?: unknown) => void;

const optionsOf = (options: unknown): Options =>
  typeof options === 'string' ? { encoding: options } : ((options as Options) ?? {});
const fdOf = ({ fd }: Options): number | undefined => (typeof fd === 'object' ? fd.fd : fd);

/** Opens late, so that a missing file is told as an event. */
function opener(
  path: unknown,
  options: Options,
  flags: string,
): { fd: number; open(stream: StreamLike): void; close(): void } {
  const name = path === undefined || path === null ? '' : toPath(path);
  const own = fdOf(options);
  return {
    fd: own ?? -1,
    open(stream) {
      if (this.fd < 0) this.fd = openNode(name, options.flags ?? flags);
      stream.emit('open', this.fd);
      stream.emit('ready');
    },
    close() {
      if (this.fd >= 0 && options.autoClose !== false) closeSync(this.fd);
      this.fd = -1;
    },
  };
}

const STEP = 65_536;

export class ReadStream extends Readable {
  readonly path: unknown;
  bytesRead = 0;
  readonly #file: ReturnType<typeof opener>;
  readonly #end: number;
  #position: number | undefined;

  constructor(path: unknown, given?: unknown) {
    const options = optionsOf(given);
    const { highWaterMark = STEP, encoding, signal, emitClose } = options;
    super({ highWaterMark, encoding, signal, emitClose });
    this.path = path;
    this.#file = opener(path, options, 'r');
    this.#position = options.start;
    this.#end = options.end ?? Number.POSITIVE_INFINITY;
  }
  get fd(): number {
    return this.#file.fd;
  }
  _construct(this: this & StreamLike, done: Done): void {
    try {
      this.#file.open(this);
      done();
    } catch (error) {
      done(error);
    }
  }
  _read(this: this & StreamLike, size: number): void {
    const at = this.#position ?? this.bytesRead;
    const wanted = Math.min(size, this.#end - at + 1);
    if (wanted <= 0) {
      this.push(null);
      return;
    }
    const bytes = Buffer.alloc(wanted);
    let count: number;
    try {
      count = readBytes(this.#file.fd, bytes, this.#position);
    } catch (error) {
      this.destroy(error);
      return;
    }
    if (this.#position !== undefined) this.#position += count;
    this.bytesRead += count;
    this.push(count === 0 ? null : bytes.subarray(0, count));
  }
  _destroy(error: unknown, done: Done): void {
    this.#file.close();
    done(error);
  }
  close(this: this & StreamLike, callback?: () => void): void {
    if (callback !== undefined) this.once('close', callback);
    this.destroy();
  }
}

export class WriteStream extends Writable {
  readonly path: unknown;
  bytesWritten = 0;
  readonly #file: ReturnType<typeof opener>;
  #position: number | undefined;

  constructor(path: unknown, given?: unknown) {
    const options = optionsOf(given);
    const { highWaterMark, signal, emitClose, encoding } = options;
    super({ highWaterMark, signal, emitClose, ...(encoding !== undefined && { defaultEncoding: encoding }) });
    this.path = path;
    this.#file = opener(path, options, 'w');
    this.#position = options.start;
  }
  get fd(): number {
    return this.#file.fd;
  }
  _construct(this: this & StreamLike, done: Done): void {
    try {
      this.#file.open(this);
      done();
    } catch (error) {
      done(error);
    }
  }
  _write(chunk: Uint8Array, _encoding: unknown, done: Done): void {
    try {
      const count = writeBytes(this.#file.fd, chunk, this.#position);
      if (this.#position !== undefined) this.#position += count;
      this.bytesWritten += count;
    } catch (error) {
      done(error);
      return;
    }
    done();
  }
  _destroy(error: unknown, done: Done): void {
    this.#file.close();
    done(error);
  }
  close(this: this & StreamLike, callback?: () => void): void {
    if (callback !== undefined) this.once('close', callback);
    this.end();
  }
}

export const createReadStream = (path: unknown, options?: unknown): ReadStream => new ReadStream(path, options);
export const createWriteStream = (path: unknown, options?: unknown): WriteStream => new WriteStream(path, options);
