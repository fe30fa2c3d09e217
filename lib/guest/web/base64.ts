/** `atob` and `btoa` (HTML standard; Infra standard's forgiving base64). */
import { DOMException } from './dom-exception.ts';
import { requireArguments } from './idl.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function btoa(data: unknown): string {
  requireArguments(arguments.length, 1, 'btoa');
  const text = `${data}`;
  let out = '';
  for (let at = 0; at < text.length; at += 3) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    if (a > 255 || b > 255 || c > 255) {
      throw new DOMException('btoa takes characters up to U+00FF', 'InvalidCharacterError');
    }
    out += digits[a >> 2];
    out += digits[((a & 3) << 4) | (b >> 4)];
    out += Number.isNaN(b) ? '=' : digits[((b & 15) << 2) | (c >> 6)];
    out += Number.isNaN(c) ? '=' : digits[c & 63];
  }
  return out;
}

export function atob(data: unknown): string {
  requireArguments(arguments.length, 1, 'atob');
  let text = `${data}`.replace(/[\t\n\f\r ]/g, '');
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '');
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
    throw new DOMException('atob was given text that is not base64', 'InvalidCharacterError');
  }
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
