import { compare } from './compare.ts';

compare(
  'zlib',
  "import zlib from 'node:zlib'; import { promisify } from 'node:util'; import { pipeline } from 'node:stream/promises'; import { Readable, Writable } from 'node:stream'; const text = 'hello '.repeat(200); const collect = async (s) => { const all = []; for await (const c of s) all.push(c); return Buffer.concat(all); };",
  {
    sync: `return ['gzip', 'deflate', 'deflateRaw', 'brotliCompress'].map((n) => zlib[n + 'Sync'](text).toString('hex'));`,
    back: `return [zlib.gunzipSync(zlib.gzipSync(text)).toString() === text, zlib.inflateSync(zlib.deflateSync(text)).length, zlib.inflateRawSync(zlib.deflateRawSync(text)).length, zlib.brotliDecompressSync(zlib.brotliCompressSync(text)).length, zlib.unzipSync(zlib.deflateSync('x')).toString()];`,
    options: `return [zlib.deflateSync(text, { level: 0 }).length, zlib.gzipSync(text, { level: 9, memLevel: 9, strategy: zlib.constants.Z_FILTERED }).length, zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }).length];`,
    dictionary: `const dictionary = Buffer.from('hello '); const d = zlib.deflateSync(text, { dictionary }); return [d.toString('hex'), zlib.inflateSync(d, { dictionary }).length];`,
    callback: `return (await promisify(zlib.gunzip)(await promisify(zlib.gzip)(Buffer.from('abc'), { level: 1 }))).toString();`,
    streams: `return (await collect(Readable.from([text, text]).pipe(zlib.createGzip()).pipe(zlib.createGunzip()))).length;`,
    pipeline: `const parts = []; await pipeline(Readable.from(['a', 'b']), zlib.createBrotliCompress(), zlib.createBrotliDecompress(), new Writable({ write(c, e, d) { parts.push(c.toString()); d(); } })); return parts.join('');`,
    'a stream of junk': `return collect(Readable.from([Buffer.from('junk')]).pipe(zlib.createGunzip())).then(() => 'fine', (e) => [e.code, e.errno, e.message]);`,
    junk: `try { zlib.gunzipSync('junk'); } catch (e) { return [e.name, e.code, e.errno, e.message]; }`,
    'cut short': `try { zlib.gunzipSync(zlib.gzipSync('x').subarray(0, 12)); } catch (e) { return [e.code, e.errno, e.message]; }`,
    'too large': `zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(10000)), { maxOutputLength: 100 });`,
    crc32: `return [zlib.crc32('hello'), zlib.crc32(Buffer.from('lo'), zlib.crc32('hel'))];`,
    constants: `return [zlib.constants.Z_BEST_COMPRESSION, zlib.constants.BROTLI_DECODE, zlib.codes.Z_DATA_ERROR, zlib.codes['-3']];`,
    'no data': `zlib.gzipSync();`,
    'no callback': `zlib.gzip('x');`,
  },
);
