/** Compression and archives: gzip, zlib, raw, streams in pieces, zip files made and read, broken data. */
import {
  Deflate,
  decompressSync,
  deflateSync,
  Gunzip,
  gunzipSync,
  gzipSync,
  Inflate,
  inflateSync,
  strFromU8,
  strToU8,
  unzipSync,
  unzlibSync,
  Zip,
  ZipDeflate,
  ZipPassThrough,
  zipSync,
  zlibSync,
} from 'fflate';

const TEXT = 'to be or not to be, that is the question; '.repeat(200);
const bytes = strToU8(TEXT);

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return [error.name, error.message, error.code];
  }
};

export const handler = () => {
  const zipped = zipSync(
    { 'a.txt': bytes, folder: { 'b.bin': [Uint8Array.of(1, 2, 3), { level: 0 }] } },
    { mtime: new Date(2026, 3, 7) },
  );
  const pieces = [];
  const deflate = new Deflate({ level: 9 }, (chunk, last) => pieces.push([chunk, last]));
  deflate.push(bytes.subarray(0, 1_000));
  deflate.push(bytes.subarray(1_000), true);
  let streamed = '';
  const inflate = new Inflate((chunk) => {
    streamed += strFromU8(chunk);
  });
  for (const [chunk, last] of pieces) inflate.push(chunk, last);
  const parts = [];
  const zip = new Zip((_error, chunk) => parts.push(chunk));
  const one = new ZipDeflate('one.txt', { mtime: new Date(2026, 3, 7) });
  zip.add(one);
  one.push(bytes, true);
  const two = new ZipPassThrough('two.txt');
  zip.add(two);
  two.push(strToU8('two'), true);
  zip.end();
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  let gunzipped = 0;
  const gunzip = new Gunzip((chunk) => {
    gunzipped += chunk.length;
  });
  gunzip.push(gzipSync(bytes), true);
  return {
    sizes: [
      gzipSync(bytes, { mtime: 0 }).length,
      zlibSync(bytes, { level: 1 }).length,
      deflateSync(bytes, { level: 0 }).length,
    ],
    round: [
      gunzipSync(gzipSync(bytes)),
      unzlibSync(zlibSync(bytes)),
      inflateSync(deflateSync(bytes)),
      decompressSync(gzipSync(bytes)),
    ].map((each) => strFromU8(each) === TEXT),
    files: Object.entries(unzipSync(zipped)).map(([name, content]) => [name, content.length]),
    filtered: Object.keys(
      unzipSync(zipped, { filter: ({ name, originalSize }) => name.endsWith('.bin') && originalSize < 10 }),
    ),
    streamed: streamed === TEXT,
    whole: Object.entries(unzipSync(whole)).map(([name, content]) => [name, content.length]),
    gunzipped,
    failures: [failure(() => inflateSync(Uint8Array.of(7, 7, 7))), failure(() => unzipSync(bytes))],
    text: [...strToU8('é𝌆')],
  };
};
