/** An operation: two texts in, one out. Bytes are written one per character. */
export type Operation = (first: string, second: string) => string;
export type Operations = Readonly<Record<string, Operation>>;

/** A failure whose name the guest shall see: a DOMException's name, or a class of ECMAScript's errors. */
export class OperationError extends Error {
  readonly code: string | undefined;

  constructor(name: string, message: string, code?: string) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** A parameter that must be a text. */
export function text(parameters: Record<string, unknown>, name: string): string {
  const value = parameters[name];
  if (typeof value !== 'string') throw new OperationError('TypeError', `"${name}" must be a string`);
  return value;
}

/** Parameters a guest wrote as JSON; an object, whatever else it is. */
export function parametersOf(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null)
    throw new OperationError('TypeError', 'Parameters must be an object');
  return value as Record<string, unknown>;
}
