/** CRC-64 as object storage and Function Compute use it (ECMA-182, reflected), told as a decimal number. */

/** The polynomial, reflected, in two halves. */
const HIGH = 0xc96c5795;
const LOW = 0xd7870f42;

const high = new Uint32Array(256);
const low = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let h = 0;
  let l = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = l & 1;
    l = (l >>> 1) | ((h & 1) << 31);
    h >>>= 1;
    if (carry === 1) {
      h ^= HIGH;
      l ^= LOW;
    }
  }
  high[byte] = h;
  low[byte] = l;
}

/** Bytes worked on before others have their turn: some milliseconds. */
const SLICE = 1_048_576;

export async function crc64(bytes: Uint8Array): Promise<string> {
  let h = 0xffffffff;
  let l = 0xffffffff;
  for (let from = 0; from < bytes.length; from += SLICE) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    const to = Math.min(bytes.length, from + SLICE);
    for (let at = from; at < to; at++) {
      const index = (l ^ (bytes[at] as number)) & 0xff;
      l = ((l >>> 8) | ((h & 0xff) << 24)) ^ (low[index] as number);
      h = (h >>> 8) ^ (high[index] as number);
    }
  }
  return String((BigInt(~h >>> 0) << 32n) | BigInt(~l >>> 0));
}
