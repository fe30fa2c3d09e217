/** `CompressionStream` and `DecompressionStream` (Compression standard). */
import { compare } from './compare.ts';

compare({
  'what is compressed comes back, in every format and in pieces': {
    setup: `
      const told = (promise) => promise.then((value) => ['fulfilled', value], (reason) => ['rejected', reason.name]);
      const through = async (stream, chunks) => {
        const writer = stream.writable.getWriter();
        const written = (async () => {
          for (const chunk of chunks) await writer.write(chunk);
          await writer.close();
        })();
        written.catch(() => undefined);
        const out = [];
        for await (const chunk of stream.readable) out.push(...chunk);
        await written;
        return new Uint8Array(out);
      };
      const encode = (text) => new TextEncoder().encode(text);
      const decode = (bytes) => new TextDecoder().decode(bytes);
      const pack = (format, ...chunks) => through(new CompressionStream(format), chunks);
      const unpack = (format, ...chunks) => through(new DecompressionStream(format), chunks);
      const trip = async (format, ...texts) => decode(await unpack(format, await pack(format, ...texts.map(encode))));
      const spoiled = async (format, spoil) => {
        const bytes = await pack(format, encode('some text that is long enough to be spoiled, '.repeat(20)));
        return told(unpack(format, ...spoil(bytes)).then((back) => back.length));
      };`,
    rows: [
      ...['gzip', 'deflate', 'deflate-raw'].flatMap((format) => [
        `trip('${format}', 'text')`,
        `trip('${format}', '')`,
        `trip('${format}')`,
        `trip('${format}', 'in ', 'several', ' pieces')`,
        `trip('${format}', 'x'.repeat(100000)).then((text) => text.length)`,
        `pack('${format}', encode('x'.repeat(100000))).then((bytes) => bytes.length < 1000)`,
        `pack('${format}', encode('ab')).then((bytes) => unpack('${format}', ...Array.from(bytes, (byte) => new Uint8Array([byte])))).then(decode)`,
        `spoiled('${format}', (bytes) => [bytes.subarray(0, bytes.length - 5)])`,
        `spoiled('${format}', (bytes) => [bytes, new Uint8Array([0])])`,
        `told(unpack('${format}', encode('this is not compressed')))`,
        `told(unpack('${format}'))`,
      ]),
      "spoiled('gzip', (bytes) => [bytes.with(bytes.length - 6, bytes.at(-6) ^ 1)])",
      "spoiled('deflate', (bytes) => [bytes.with(bytes.length - 1, bytes.at(-1) ^ 1)])",
      // "ab", as other programs write it.
      'unpack("deflate", new Uint8Array([120, 156, 75, 76, 2, 0, 1, 38, 0, 196])).then(decode)',
      'unpack("deflate-raw", new Uint8Array([75, 76, 2, 0])).then(decode)',
      'pack("gzip", encode("a")).then((bytes) => [...bytes.subarray(0, 3)])',
      "pack('gzip', encode('ab').buffer, new DataView(encode('cd').buffer)).then((bytes) => unpack('gzip', bytes)).then(decode)",
      "told(pack('gzip', null))",
      "told(unpack('gzip', {}))",
      "new CompressionStream('zip')",
      "new DecompressionStream('GZIP')",
      'new CompressionStream()',
      "new CompressionStream('gzip').readable instanceof ReadableStream",
      "new Response(new Blob(['through a pipe']).stream().pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'))).text()",
      "Object.prototype.toString.call(new CompressionStream('gzip'))",
    ],
    standard: {
      // Node.js takes text for bytes.
      "told(pack('gzip', 'text'))": ['rejected', 'TypeError'],
      "trip('brotli', 'of 2025')": 'of 2025',
    },
  },
});
