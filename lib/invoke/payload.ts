/** Events and results on their way across the door: JSON text, or one character per byte. */
import { IsopodError } from '../errors.ts';
import { KIND_BINARY, KIND_UNDEFINED } from '../protocol/door.ts';

/** The event as text. Throws `EventNotSerializable` or `PayloadTooLarge`. */
export function eventText(event: unknown, maxBytes: number): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(event);
  } catch (error) {
    throw new IsopodError('EventNotSerializable', `The event cannot be made into JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (text === undefined) {
    if (event === undefined) return 'null';
    throw new IsopodError('EventNotSerializable', `The event is a ${typeof event}; pass a JSON value or a Uint8Array`);
  }
  if (text.length > maxBytes) throw tooLarge(text.length, maxBytes);
  return text;
}

/** A binary event as text. */
export function binaryText(event: Uint8Array, maxBytes: number): string {
  if (event.byteLength > maxBytes) throw tooLarge(event.byteLength, maxBytes);
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString('latin1');
}

function tooLarge(bytes: number, maxBytes: number): IsopodError {
  return new IsopodError('PayloadTooLarge', `The event has ${bytes} bytes; maxPayloadBytes allows ${maxBytes}`);
}

/** The handler's value, from a settled call. */
export function resultOf(kind: number, payload: unknown): unknown {
  if (kind === KIND_UNDEFINED) return undefined;
  return kind === KIND_BINARY ? bytesOf(payload as string) : payload;
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
