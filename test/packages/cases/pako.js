/** Compression: zlib, gzip, raw, in pieces, with a dictionary, as text, and broken data. */
import * as pako from 'pako';

const TEXT = 'to be or not to be, that is the question; '.repeat(200);
const bytes = new TextEncoder().encode(TEXT);

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return error.message ?? error;
  }
};

export const handler = () => {
  const deflate = new pako.Deflate({ level: 9 });
  deflate.push(bytes.subarray(0, 1_000), false);
  deflate.push(bytes.subarray(1_000), true);
  const inflate = new pako.Inflate();
  inflate.push(deflate.result, true);
  const dictionary = new TextEncoder().encode('question');
  return {
    names: Object.keys(pako).sort(),
    sizes: [pako.deflate(bytes).length, pako.gzip(bytes).length, pako.deflateRaw(bytes, { level: 1 }).length],
    head: [...pako.deflate(bytes).subarray(0, 2)],
    round: [
      pako.inflate(pako.deflate(bytes)),
      pako.ungzip(pako.gzip(bytes)),
      pako.inflateRaw(pako.deflateRaw(bytes)),
    ].map((each) => new TextDecoder().decode(each) === TEXT),
    pieces: [inflate.err, inflate.result.length],
    dictionary: new TextDecoder().decode(pako.inflate(pako.deflate(dictionary, { dictionary }), { dictionary })),
    failures: [failure(() => pako.inflate(Uint8Array.of(1, 2, 3))), failure(() => pako.ungzip(bytes))],
  };
};
