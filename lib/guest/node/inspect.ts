/** `inspect` and `format` of `node:util`: Node.js' own, as a library. */
import library from 'node-inspect-extracted';

export interface InspectOptions {
  readonly depth?: number | null;
  readonly colors?: boolean;
  readonly compact?: boolean | number;
  readonly breakLength?: number;
  readonly [name: string]: unknown;
}

export interface Inspect {
  (value: unknown, options?: InspectOptions | boolean, ...older: unknown[]): string;
  readonly custom: symbol;
  readonly colors: Record<string, [number, number]>;
  readonly defaultOptions: object;
}

const {
  inspect: libraryInspect,
  format: libraryFormat,
  formatWithOptions: libraryWith,
} = library as unknown as {
  inspect: Inspect;
  format(...args: unknown[]): string;
  formatWithOptions(options: InspectOptions, ...args: unknown[]): string;
};

export const inspect: Inspect = libraryInspect;
export const format = libraryFormat;
export const formatWithOptions = libraryWith;
export const stripVTControlCharacters = (text: string): string => library.stripVTControlCharacters(text);
