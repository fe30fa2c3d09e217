/** `TextEncoderStream` and `TextDecoderStream` (Encoding standard, 7.7 and 7.8). */
import { isBufferSource, viewOf } from './host.ts';
import { asInterface } from './idl.ts';
import { type ReadableStream, TransformStream, type WritableStream } from './streams.ts';
import { TextDecoder, TextEncoder } from './text.ts';

export class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly #transform: TransformStream<unknown, string>;

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream<unknown, string>({
      transform(chunk, controller) {
        if (!isBufferSource(chunk)) throw new TypeError('A chunk must be an ArrayBuffer or a view of one');
        const text = decoder.decode(viewOf(chunk), { stream: true });
        if (text !== '') controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== '') controller.enqueue(text);
      },
    });
  }
  get encoding(): string {
    return this.#decoder.encoding;
  }
  get fatal(): boolean {
    return this.#decoder.fatal;
  }
  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }
  get readable(): ReadableStream<string> {
    return this.#transform.readable;
  }
  get writable(): WritableStream<unknown> {
    return this.#transform.writable;
  }
}
asInterface(TextDecoderStream, 'TextDecoderStream');

export class TextEncoderStream {
  readonly #transform: TransformStream<unknown, Uint8Array>;

  constructor() {
    const encoder = new TextEncoder();
    /** A high surrogate whose other half may be in the next chunk. */
    let held = '';
    this.#transform = new TransformStream<unknown, Uint8Array>({
      transform(chunk, controller) {
        let text = `${held}${chunk as string}`;
        const last = text.charCodeAt(text.length - 1);
        held = last >= 0xd800 && last <= 0xdbff ? (text.at(-1) as string) : '';
        if (held !== '') text = text.slice(0, -1);
        if (text !== '') controller.enqueue(encoder.encode(text));
      },
      flush(controller) {
        if (held !== '') controller.enqueue(Uint8Array.of(0xef, 0xbf, 0xbd));
      },
    });
  }
  get encoding(): string {
    return 'utf-8';
  }
  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }
  get writable(): WritableStream<unknown> {
    return this.#transform.writable;
  }
}
asInterface(TextEncoderStream, 'TextEncoderStream');
