/** `FormData` (XMLHttpRequest standard, 5) and its two encodings. */
import { Blob, blobBytes, File } from './blob.ts';
import { textOf } from './host.ts';
import { asInterface, makeIterator, requireArguments, toUSVString } from './idl.ts';
import { TextDecoder, TextEncoder } from './text.ts';

type FormValue = string | File;

export class FormData {
  #entries: [string, FormValue][] = [];

  constructor(form?: undefined) {
    if (form !== undefined) throw new TypeError('There are no HTML forms here; FormData takes no argument');
  }

  append(name: string, value: string | Blob, filename?: string): void {
    requireArguments(arguments.length, 2, 'FormData.append');
    this.#entries.push(entry(name, value, filename, arguments.length > 2));
  }
  delete(name: string): void {
    requireArguments(arguments.length, 1, 'FormData.delete');
    const key = toUSVString(name);
    this.#entries = this.#entries.filter(([known]) => known !== key);
  }
  get(name: string): FormValue | null {
    requireArguments(arguments.length, 1, 'FormData.get');
    const key = toUSVString(name);
    return this.#entries.find(([known]) => known === key)?.[1] ?? null;
  }
  getAll(name: string): FormValue[] {
    requireArguments(arguments.length, 1, 'FormData.getAll');
    const key = toUSVString(name);
    return this.#entries.filter(([known]) => known === key).map(([, value]) => value);
  }
  has(name: string): boolean {
    requireArguments(arguments.length, 1, 'FormData.has');
    const key = toUSVString(name);
    return this.#entries.some(([known]) => known === key);
  }
  set(name: string, value: string | Blob, filename?: string): void {
    requireArguments(arguments.length, 2, 'FormData.set');
    const made = entry(name, value, filename, arguments.length > 2);
    const at = this.#entries.findIndex(([known]) => known === made[0]);
    if (at < 0) this.#entries.push(made);
    else this.#entries = this.#entries.filter(([known], index) => known !== made[0] || index === at).with(at, made);
  }
  forEach(visit: (value: FormValue, name: string, form: FormData) => void, self?: unknown): void {
    for (const [name, value] of this) visit.call(self, value, name, this);
  }
  entries(): IterableIterator<[string, FormValue]> {
    return this.#iterate(([name, value]) => [name, value]);
  }
  keys(): IterableIterator<string> {
    return this.#iterate(([name]) => name);
  }
  values(): IterableIterator<FormValue> {
    return this.#iterate(([, value]) => value);
  }

  #iterate<T>(of: (pair: [string, FormValue]) => T): IterableIterator<T> {
    let at = 0;
    return makeIterator('FormData Iterator', () => {
      const pair = this.#entries[at++];
      return pair === undefined ? undefined : of(pair);
    });
  }

  declare [Symbol.iterator]: () => IterableIterator<[string, FormValue]>;
}
asInterface(FormData, 'FormData');
Object.defineProperty(FormData.prototype, Symbol.iterator, {
  value: FormData.prototype.entries,
  writable: true,
  configurable: true,
});

function entry(name: string, value: unknown, filename: string | undefined, named: boolean): [string, FormValue] {
  const key = toUSVString(name);
  if (!(value instanceof Blob)) {
    if (named) throw new TypeError('Only a Blob or File can be given a file name');
    return [key, toUSVString(value)];
  }
  if (value instanceof File && filename === undefined) return [key, value];
  const { type } = value;
  const facts = value instanceof File ? { type, lastModified: value.lastModified } : { type };
  return [key, new File([value], filename === undefined ? 'blob' : toUSVString(filename), facts)];
}

const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');
const quoted = (text: string): string => text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');

/** As `multipart/form-data`; `boundary` must not occur in the values. */
export function encodeMultipart(form: FormData, boundary: string): Uint8Array {
  const parts: (string | Uint8Array<ArrayBuffer>)[] = [];
  for (const [name, value] of form) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(lines(name))}"`);
    if (typeof value === 'string') {
      parts.push(`\r\n\r\n${lines(value)}\r\n`);
    } else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      parts.push(`; filename="${quoted(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, blobBytes(value), '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return blobBytes(new Blob(parts));
}

/** Reads `multipart/form-data`; throws a TypeError on anything else. */
export function parseMultipart(bytes: Uint8Array, boundary: string): FormData {
  const form = new FormData();
  // One character per byte: positions in the text are positions in the bytes.
  const text = textOf(bytes);
  const mark = `--${textOf(new TextEncoder().encode(boundary))}`;
  let at = text.indexOf(mark);
  if (at < 0) throw new TypeError('The body has no part of multipart/form-data');
  for (;;) {
    at += mark.length;
    if (text.startsWith('--', at)) return form;
    if (!text.startsWith('\r\n', at)) throw malformed();
    at += 2;
    const headEnd = text.startsWith('\r\n', at) ? at - 2 : text.indexOf('\r\n\r\n', at);
    const end = text.indexOf(`\r\n${mark}`, headEnd + 2);
    if (headEnd < 0 || end < 0) throw malformed();
    addPart(form, utf8(bytes.subarray(at, Math.max(at, headEnd))), bytes.subarray(headEnd + 4, end));
    at = end + 2;
  }
}

const malformed = (): TypeError => new TypeError('The body is not well-formed multipart/form-data');
const utf8 = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes as Uint8Array<ArrayBuffer>);
const unquoted = (text: string): string => text.replace(/%0A/g, '\n').replace(/%0D/g, '\r').replace(/%22/g, '"');

function addPart(form: FormData, head: string, body: Uint8Array): void {
  const headers = new Map(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const disposition = headers.get('content-disposition') ?? '';
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) throw malformed();
  const filename = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1];
  if (filename === undefined) return form.append(unquoted(name), utf8(body));
  const type = headers.get('content-type') ?? 'text/plain';
  form.append(unquoted(name), new File([body as Uint8Array<ArrayBuffer>], unquoted(filename), { type }));
}
