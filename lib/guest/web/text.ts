/** `TextEncoder`, `TextDecoder` (UTF-8 and Latin-1), `atob` and `btoa`. */

export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array {
    const source = `${text}`;
    let bytes = new Uint8Array(source.length + 16);
    let at = 0;
    for (let index = 0; index < source.length; index++) {
      let code = source.codePointAt(index) as number;
      if (code > 0xffff) index++;
      else if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      if (at + 4 > bytes.length) {
        const larger = new Uint8Array(bytes.length * 2 + 16);
        larger.set(bytes);
        bytes = larger;
      }
      if (code < 0x80) {
        bytes[at++] = code;
      } else if (code < 0x800) {
        bytes[at++] = 0xc0 | (code >> 6);
        bytes[at++] = 0x80 | (code & 63);
      } else if (code < 0x10000) {
        bytes[at++] = 0xe0 | (code >> 12);
        bytes[at++] = 0x80 | ((code >> 6) & 63);
        bytes[at++] = 0x80 | (code & 63);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 63);
        bytes[at++] = 0x80 | ((code >> 6) & 63);
        bytes[at++] = 0x80 | (code & 63);
      }
    }
    return bytes.slice(0, at);
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    for (const character of text) {
      const bytes = this.encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

const utf8 = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];
const latin1 = ['latin1', 'iso-8859-1', 'ascii', 'us-ascii', 'windows-1252', 'l1'];

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #left: number[] = [];

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const name = `${label}`.trim().toLowerCase();
    if (utf8.includes(name)) this.encoding = 'utf-8';
    else if (latin1.includes(name)) this.encoding = 'windows-1252';
    else throw new RangeError(`The encoding "${label}" is not supported`);
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    const given = input === undefined ? new Uint8Array(0) : viewOf(input);
    if (this.encoding !== 'utf-8') return fromLatin1(given);
    const bytes = this.#left.length === 0 ? given : Uint8Array.from([...this.#left, ...given]);
    this.#left = [];
    let text = '';
    let at = !this.ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const units: number[] = [];
    while (at < bytes.length) {
      const size = sequenceLength(bytes, at);
      if (size < 0 && options.stream === true) {
        this.#left = Array.from(bytes.subarray(at));
        break;
      }
      const code = size > 0 ? codePoint(bytes, at, size) : -1;
      if (code < 0 && this.fatal) throw new TypeError('The data is not valid UTF-8');
      const shown = code < 0 ? 0xfffd : code;
      if (shown > 0xffff) units.push(0xd800 + ((shown - 0x10000) >> 10), 0xdc00 + ((shown - 0x10000) & 0x3ff));
      else units.push(shown);
      at += code < 0 ? skipLength(bytes, at) : size;
      if (units.length > 4_096) text += String.fromCharCode(...units.splice(0));
    }
    return text + String.fromCharCode(...units);
  }
}

function viewOf(input: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : new Uint8Array(input);
}

function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4_096) text += String.fromCharCode(...bytes.subarray(at, at + 4_096));
  return text;
}

/** Allowed range of the second byte after a first byte; the rest of a sequence is 0x80 to 0xbf. */
function secondRange(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

function expectedLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/** Bytes that belong together from `at`, as far as they are valid. */
function skipLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const size = expectedLength(first);
  let valid = 1;
  while (valid < size) {
    const next = bytes[at + valid];
    const [low, high] = valid === 1 ? secondRange(first) : [0x80, 0xbf];
    if (next === undefined || next < low || next > high) break;
    valid++;
  }
  return valid;
}

/** Length of the sequence at `at`; 0 when it is invalid, -1 when it is cut short by the end. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const size = expectedLength(bytes[at] as number);
  if (size === 0) return 0;
  const valid = skipLength(bytes, at);
  if (valid === size) return size;
  return at + valid === bytes.length ? -1 : 0;
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  const first = bytes[at] as number;
  if (size === 1) return first;
  let code = first & (0xff >> (size + 1));
  for (let next = 1; next < size; next++) code = (code << 6) | ((bytes[at + next] as number) & 63);
  return code;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function btoa(data: unknown): string {
  const text = `${data}`;
  let out = '';
  for (let at = 0; at < text.length; at += 3) {
    const codes = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
    if (codes.some((code) => code > 255)) throw new RangeError('btoa takes characters up to U+00FF');
    const [a = 0, b = Number.NaN, c = Number.NaN] = codes;
    out += digits[a >> 2];
    out += digits[((a & 3) << 4) | (b >> 4)];
    out += Number.isNaN(b) ? '=' : digits[((b & 15) << 2) | (c >> 6)];
    out += Number.isNaN(c) ? '=' : digits[c & 63];
  }
  return out;
}

export function atob(data: unknown): string {
  const text = `${data}`.replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text))
    throw new RangeError('atob was given text that is not base64');
  let out = '';
  let bits = 0;
  let held = 0;
  for (const character of text) {
    bits = (bits << 6) | digits.indexOf(character);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += String.fromCharCode((bits >> held) & 255);
      bits &= (1 << held) - 1;
    }
  }
  return out;
}
