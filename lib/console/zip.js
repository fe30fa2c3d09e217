/** A zip archive with one file, stored as it is, in Base64: enough for source typed into a page. */
const table = Uint32Array.from({ length: 256 }, (_, at) => {
  let value = at;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
const crc32 = (bytes) => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
};

/** Little-endian numbers: `[size, value]`. */
const pack = (fields) =>
  fields.flatMap(([size, value]) => Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) & 0xff));

export function zipOf(name, text) {
  const data = new TextEncoder().encode(text);
  const path = new TextEncoder().encode(name);
  // Version 2.0, names in UTF-8, stored, 1 January 1980.
  const common = pack([
    [2, 20],
    [2, 0x800],
    [2, 0],
    [2, 0],
    [2, 0x21],
    [4, crc32(data)],
    [4, data.length],
    [4, data.length],
    [2, path.length],
    [2, 0],
  ]);
  const local = [...pack([[4, 0x04034b50]]), ...common, ...path, ...data];
  const central = [
    ...pack([
      [4, 0x02014b50],
      [2, 20],
    ]),
    ...common,
    ...pack([
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, 0],
    ]),
    ...path,
  ];
  const end = pack([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, 1],
    [2, 1],
    [4, central.length],
    [4, local.length],
    [2, 0],
  ]);
  return base64(Uint8Array.from([...local, ...central, ...end]));
}

export function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
