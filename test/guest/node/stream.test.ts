import { compare } from './compare.ts';

compare(
  'streams',
  "import Stream, { Readable, Writable, Transform, Duplex, PassThrough, pipeline, finished, addAbortSignal } from 'node:stream'; import { pipeline as pipe, finished as done } from 'node:stream/promises'; import { text, json, buffer } from 'node:stream/consumers'; import { ReadableStream } from 'node:stream/web'; import { StringDecoder } from 'node:string_decoder';",
  {
    from: `const all = []; for await (const x of Readable.from([1, 2, 3])) all.push(x); return all;`,
    chain: `return Readable.from([1, 2, 3, 4]).filter((x) => x % 2).map(async (x) => x * 2).toArray();`,
    transform: `const upper = new Transform({ transform(chunk, encoding, next) { next(null, chunk.toString().toUpperCase()); } }); return text(Readable.from(['a', 'b']).pipe(upper));`,
    'a class of its own': `class Lines extends Transform { #rest = ''; constructor() { super({ readableObjectMode: true }); } _transform(c, e, next) { const parts = (this.#rest + c).split('\\n'); this.#rest = parts.pop(); for (const p of parts) this.push(p); next(); } _flush(next) { if (this.#rest) this.push(this.#rest); next(); } } return Readable.from(['a\\nb', 'c\\nd']).pipe(new Lines()).toArray();`,
    backpressure: `const seen = []; const slow = new Writable({ highWaterMark: 2, write(c, e, next) { seen.push(c.toString()); setTimeout(next, 1); } }); const results = [slow.write('a'), slow.write('b'), slow.write('c')]; slow.end(); await done(slow); return [results, seen];`,
    pipeline: `const parts = []; await pipe(Readable.from(['x', 'y']), async function* (s) { for await (const c of s) yield c + '!'; }, new Writable({ objectMode: true, write(c, e, n) { parts.push(c); n(); } })); return parts;`,
    'an error in a pipeline': `return new Promise((r) => pipeline(Readable.from(['x']), new Transform({ transform(c, e, n) { n(new Error('broken')); } }), new PassThrough(), (e) => r(e.message)));`,
    'ended too soon': `const p = new PassThrough(); const w = done(p).catch((e) => e.code); p.destroy(); return w;`,
    'written after the end': `const w = new PassThrough(); w.end(); return new Promise((r) => { w.on('error', (e) => r(e.code)); w.write('x'); });`,
    abort: `const c = new AbortController(); const r = addAbortSignal(c.signal, new Readable({ read() {} })); c.abort(); return done(r).catch((e) => [e.name, e.code]);`,
    consumers: `return [await text(Readable.from(['é', 'x'])), await json(Readable.from([Buffer.from('{"a":'), '1}'])), (await buffer(Readable.from(['ab']))).toString('hex')];`,
    web: `return [await text(Readable.fromWeb(new ReadableStream({ start(c) { c.enqueue('w'); c.close(); } }))), await new Response(Readable.toWeb(Readable.from([Buffer.from('n')]))).text()];`,
    object: `return [typeof Stream, Stream.Readable === Readable, new PassThrough() instanceof Stream, new Duplex({ read() {} }) instanceof Writable, Stream.Stream === Stream];`,
    events: `const seen = []; const r = Readable.from(['a']); for (const n of ['end', 'close']) r.on(n, () => seen.push(n)); r.on('data', (d) => seen.push(d)); await new Promise((f) => r.on('close', f)); return seen.filter((x) => x !== 'readable');`,
    encoding: `const r = Readable.from([Buffer.from([0xc3]), Buffer.from([0xa9])], { objectMode: false }); r.setEncoding('utf8'); return text(r);`,
    decoder: `const d = new StringDecoder('utf8'); const h = new StringDecoder('base64'); return [d.write(Buffer.from([0xe2, 0x82])), d.write(Buffer.from([0xac])), d.end(Buffer.from([0xe2])), h.write(Buffer.from('ab')), h.end()];`,
    'an unknown encoding': `new StringDecoder('nope');`,
  },
);
