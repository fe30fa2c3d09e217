/**
 * How messages travel over the pipe between the engine and a cell: a header, JSON text, and bytes where an image is sent.
 * Neither end trusts the other's bytes: what is no frame ends the cell.
 *
 *     'ISOP' | u32 JSON bytes | u32 further bytes | JSON (UTF-8) | further bytes          (u32: big endian)
 *
 * Long texts in the list `say` of a message are further bytes, too, told by `texts`: the place in the list and the length
 * in bytes of each. They are JSON themselves, and in JSON each of their quotes would be escaped and found again.
 */
import { IsopodError } from '../errors.ts';

const MAGIC = 0x49534f50;
const HEADER_BYTES = 12;
/** Largest JSON part of one frame in bytes: a turn's calls or results, each within the payload limit. */
const MAX_JSON_BYTES = 1_073_741_824;
/** Largest part after it in bytes: an image's snapshot or code cache with its base. */
const MAX_FURTHER_BYTES = 536_870_912;

export interface Frame {
  readonly value: unknown;
  readonly further: Uint8Array;
}

const NONE = new Uint8Array(0);
/** Characters from which on a text is long. */
const LONG = 1_024;

interface Message {
  readonly say: readonly unknown[];
  readonly texts?: readonly number[];
}

const hasList = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && Array.isArray((value as { say?: unknown }).say);

// UTF-8 has no lone surrogates, which JSON escapes.
const isLong = (part: unknown): part is string =>
  typeof part === 'string' && part.length >= LONG && part.isWellFormed();

export function encode(value: unknown, further: Uint8Array = NONE): Uint8Array {
  if (!hasList(value) || !value.say.some(isLong)) {
    const frame = frameFor(JSON.stringify(value), further.byteLength);
    frame.set(further, frame.length - further.byteLength);
    return frame;
  }
  const long: string[] = [];
  const texts: number[] = [];
  let bytes = 0;
  const say = value.say.map((part, at) => {
    if (!isLong(part)) return part;
    const size = Buffer.byteLength(part);
    long.push(part);
    texts.push(at, size);
    bytes += size;
    return '';
  });
  const frame = frameFor(JSON.stringify({ ...value, say, texts }), bytes);
  let at = frame.length - bytes;
  for (const text of long) at += frame.write(text, at, 'utf8');
  return frame;
}

/** With its header and JSON, and room for the further bytes. */
function frameFor(json: string, furtherBytes: number): Buffer {
  const jsonBytes = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + jsonBytes + furtherBytes);
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(jsonBytes, 4);
  frame.writeUInt32BE(furtherBytes, 8);
  frame.write(json, HEADER_BYTES, 'utf8');
  return frame;
}

/** Puts chunks of a stream together again. */
export class Decoder {
  readonly #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes the frame under way takes in all; 0 while its header is not complete. */
  #wanted = 0;

  /** The frames that are complete with this chunk. Throws `InternalError` when the stream carries something else. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: Frame[] = [];
    for (;;) {
      if (this.#wanted === 0) {
        if (this.#held < HEADER_BYTES) return frames;
        this.#wanted = sizeOf(this.#join());
      }
      if (this.#held < this.#wanted) return frames;
      const all = this.#join();
      frames.push(parse(all.subarray(0, this.#wanted)));
      const rest = all.subarray(this.#wanted);
      this.#chunks.length = 0;
      if (rest.length > 0) this.#chunks.push(rest);
      this.#held = rest.length;
      this.#wanted = 0;
    }
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks.splice(0, this.#chunks.length, Buffer.concat(this.#chunks));
    return this.#chunks[0] as Buffer;
  }
}

function sizeOf(header: Buffer): number {
  const jsonBytes = header.readUInt32BE(4);
  const furtherBytes = header.readUInt32BE(8);
  if (header.readUInt32BE(0) !== MAGIC || jsonBytes > MAX_JSON_BYTES || furtherBytes > MAX_FURTHER_BYTES) {
    throw new IsopodError('InternalError', 'What came through the pipe of a cell is no frame');
  }
  return HEADER_BYTES + jsonBytes + furtherBytes;
}

function parse(frame: Buffer): Frame {
  const end = HEADER_BYTES + frame.readUInt32BE(4);
  const further = frame.subarray(end);
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8', HEADER_BYTES, end));
  } catch {
    throw new IsopodError('InternalError', 'A frame from a cell holds no JSON');
  }
  return hasList(value) && value.texts !== undefined
    ? { value: { ...value, say: filledIn(value.say, value.texts, further), texts: undefined }, further: NONE }
    : { value, further };
}

/** The list with its long texts in their places again. */
function filledIn(say: readonly unknown[], texts: unknown, further: Buffer): unknown[] {
  const filled = [...say];
  let from = 0;
  const isPlace = (at: unknown): at is number => Number.isInteger(at) && filled[at as number] === '';
  const numbers: readonly unknown[] = Array.isArray(texts) ? texts : [];
  for (let each = 0; each < numbers.length; each += 2) {
    const at = numbers[each];
    const to = from + Number(numbers[each + 1]);
    if (!isPlace(at) || !Number.isInteger(to) || to <= from || to > further.length)
      throw new IsopodError('InternalError', 'A frame from a cell lacks its texts');
    filled[at] = further.toString('utf8', from, to);
    from = to;
  }
  if (numbers.length === 0 || from !== further.length)
    throw new IsopodError('InternalError', 'A frame from a cell lacks its texts');
  return filled;
}
