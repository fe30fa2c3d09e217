/** Types of the packages these modules are made of, as far as they are used here. */
declare module 'punycode/' {
  const punycode: {
    decode(text: string): string;
    encode(text: string): string;
    toASCII(domain: string): string;
    toUnicode(domain: string): string;
    readonly ucs2: { decode(text: string): number[]; encode(points: number[]): string };
    readonly version: string;
  };
  export default punycode;
}
declare module 'string_decoder/' {
  export class StringDecoder {
    constructor(encoding?: string);
    readonly encoding: string;
    write(bytes: Uint8Array): string;
    end(bytes?: Uint8Array): string;
  }
}
declare module 'unenv/node/querystring' {
  type Query = Record<string, string | string[]>;
  export const parse: (text: string, ...rest: unknown[]) => Query;
  export const stringify: (query: unknown, ...rest: unknown[]) => string;
  export const escape: (text: string) => string;
  export const unescape: (text: string) => string;
  export const unescapeBuffer: (text: string) => Uint8Array;
}
declare module 'unenv/node/url' {
  export class Url {
    parse(url: string, withQuery?: boolean, slashesDenoteHost?: boolean): void;
    resolveObject(relative: Url): Url;
    format(): string;
  }
  export const format: (url: unknown) => string;
}
declare module 'path-unified' {
  export interface Path {
    readonly sep: string;
    readonly delimiter: string;
    resolve(...parts: string[]): string;
    normalize(path: string): string;
    isAbsolute(path: string): boolean;
    join(...parts: string[]): string;
    relative(from: string, to: string): string;
    toNamespacedPath(path: string): string;
    dirname(path: string): string;
    basename(path: string, suffix?: string): string;
    extname(path: string): string;
    format(parts: object): string;
    parse(path: string): object;
  }
  export const posix: Path;
  export const win32: Path;
}
declare module 'readable-stream' {
  const library: Record<string, unknown>;
  export default library;
}
declare module 'isopod:node-registry' {
  export const modules: { readonly names: readonly string[]; readonly loaders: Record<string, () => unknown> };
}
declare module 'isopod:package-files' {
  /** Path below the package's root -> text, or base64 of bytes in a list of one. */
  export const files: Readonly<Record<string, string | readonly [string]>>;
  /** Paths that were left out because they are too large. */
  export const tooLarge: readonly string[];
}
declare module '@pkgjs/parseargs' {
  export const parseArgs: (config: object) => unknown;
}
