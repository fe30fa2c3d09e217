/**
 * `TextEncoder` and `TextDecoder`. Unicode and single-byte encodings are decoded here; the tables of the East Asian
 * ones are the host's.
 */
import './atob-global.ts';
import { TextDecoder as LiteDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';
import { type BufferSource, isBufferSource, operate, textOf, viewOf } from './host.ts';

export { TextEncoder };

const multiByte = ['big5', 'euc-kr', 'euc-jp', 'iso-2022-jp', 'shift_jis', 'gbk', 'gb18030'];

export class TextDecoder extends LiteDecoder {
  /** Bytes given with `stream: true`, one per character; decoded as a whole when the stream ends. */
  #held = '';

  override decode(input?: BufferSource | null, given?: { stream?: boolean | undefined } | null): string {
    const options = given ?? {};
    if (!multiByte.includes(this.encoding)) return super.decode(input as ArrayBuffer, options);
    if (input !== undefined && !isBufferSource(input)) throw new TypeError('TextDecoder.decode takes bytes');
    this.#held += input === undefined ? '' : textOf(viewOf(input));
    if (options.stream === true) return '';
    const bytes = this.#held;
    this.#held = '';
    return operate('decode', this.fatal ? `${this.encoding}!` : this.encoding, bytes);
  }
}
