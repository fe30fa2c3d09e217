/** Readable, byte, writable and transform streams (Streams standard). */
import { compare } from './compare.ts';

const setup = `
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
  const all = async (stream) => {
    const out = [];
    for await (const chunk of stream) out.push(chunk);
    return out;
  };
  const of = (...chunks) => new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const told = (promise) => promise.then((value) => ['fulfilled', value], (reason) => ['rejected', reason instanceof Error ? reason.name : reason]);
  const sink = (seen, more = {}) => new WritableStream({
    start() { seen.push('start'); },
    write(chunk) { seen.push(chunk); },
    close() { seen.push('close'); },
    abort(reason) { seen.push(['abort', reason]); },
    ...more,
  });`;

compare({
  'a readable stream gives its chunks, ends or fails': {
    setup,
    rows: [
      "all(of(1, 'a', null))",
      'all(of())',
      '((r) => Promise.all([r.read(), r.read(), r.read(), r.closed]))(of(1, 2).getReader())',
      '((s) => [s.locked, s.getReader() && s.locked])(of(1))',
      '((s) => { s.getReader(); return s.getReader(); })(of(1))',
      '((s) => { s.getReader(); return told(s.cancel()); })(of(1))',
      '((r) => { r.releaseLock(); return told(r.read()); })(of(1).getReader())',
      '((r) => { r.releaseLock(); return told(r.closed); })(of(1).getReader())',
      '((s) => { const r = s.getReader(); r.releaseLock(); return s.locked; })(of(1))',
      `(async () => {
        const stream = new ReadableStream();
        const reader = stream.getReader();
        const read = told(reader.read());
        reader.releaseLock();
        return read;
      })()`,
      "told(all(new ReadableStream({ start(c) { c.enqueue(1); c.error('bad'); } })))",
      "told(all(new ReadableStream({ start() { return Promise.reject('bad'); } })))",
      "told(all(new ReadableStream({ pull() { throw 'bad'; } })))",
      "new ReadableStream({ start() { throw new RangeError('bad'); } })",
      `(async () => {
        const seen = [];
        const stream = new ReadableStream({ cancel(reason) { seen.push(reason); return 'ignored'; } });
        seen.push(await stream.cancel('why'));
        seen.push(await told(stream.getReader().read()));
        return seen;
      })()`,
      "told(new ReadableStream({ cancel() { throw 'bad'; } }).cancel())",
      'told(of().cancel())',
      "told(new ReadableStream({ start(c) { c.error('bad'); } }).cancel())",
      'new ReadableStream({ start(c) { c.close(); c.enqueue(1); } })',
      'new ReadableStream({ start(c) { c.close(); c.close(); } })',
      "new ReadableStream({ start(c) { c.error('x'); c.error('y'); c.enqueue(1); } })",
      "new ReadableStream({ type: 'nope' })",
      'new ReadableStream(null)',
      'new ReadableStream({ pull: 5 })',
      'new ReadableStream({}, { highWaterMark: -1 })',
      'new ReadableStream({}, { highWaterMark: NaN })',
      'new ReadableStream({}, { size: 5 })',
      "new ReadableStream().getReader({ mode: 'nope' })",
      'new ReadableStreamDefaultReader({})',
      'ReadableStream.prototype.getReader.call({})',
      'Object.prototype.toString.call(new ReadableStream())',
      'new ReadableStreamDefaultController()',
    ],
  },
  'a source is pulled as its queue has room': {
    setup: `${setup}
      const pulls = async (strategy, reads) => {
        let count = 0;
        const stream = new ReadableStream({ pull(c) { c.enqueue(++count); } }, strategy);
        const reader = reads > 0 ? stream.getReader() : undefined;
        for (let at = 0; at < reads; at++) await reader.read();
        await pause();
        return count;
      };
      const desired = (source, strategy) => {
        let size;
        new ReadableStream({ start(c) { source(c); size = c.desiredSize; } }, strategy);
        return size;
      };`,
    rows: [
      'pulls(undefined, 0)',
      'pulls(undefined, 2)',
      'pulls({ highWaterMark: 0 }, 0)',
      'pulls({ highWaterMark: 0 }, 3)',
      'pulls({ highWaterMark: 5 }, 0)',
      'pulls(new CountQueuingStrategy({ highWaterMark: 3 }), 1)',
      'pulls({ highWaterMark: 6, size: () => 2 }, 0)',
      'desired(() => 0)',
      'desired((c) => c.enqueue(1))',
      'desired((c) => { c.enqueue(1); c.enqueue(2); })',
      'desired((c) => c.close())',
      "desired((c) => c.error('x'))",
      'desired((c) => c.enqueue(new Uint8Array(7)), new ByteLengthQueuingStrategy({ highWaterMark: 10 }))',
      'desired((c) => c.enqueue({}), new ByteLengthQueuingStrategy({ highWaterMark: 10 }))',
      'desired((c) => c.enqueue(1), { highWaterMark: Infinity })',
      "desired((c) => { try { c.enqueue(1); } catch {} }, { size() { throw 'bad'; } })",
      'desired((c) => { try { c.enqueue(1); } catch {} }, { size: () => -1 })',
      `(async () => {
        const seen = [];
        let release;
        const stream = new ReadableStream({
          pull(c) { seen.push('pull'); return new Promise((resolve) => { release = () => { c.enqueue(0); resolve(); }; }); },
        }, { highWaterMark: 3 });
        await pause();
        seen.push('waiting');
        release();
        await pause();
        return seen;
      })()`,
      '[new CountQueuingStrategy({ highWaterMark: 2 }).highWaterMark, new CountQueuingStrategy({ highWaterMark: 2 }).size(9)]',
      'new ByteLengthQueuingStrategy({ highWaterMark: 2 }).size({ byteLength: 5 })',
      "new ByteLengthQueuingStrategy({ highWaterMark: 'x' }).highWaterMark",
      'new CountQueuingStrategy()',
      'new CountQueuingStrategy({})',
      'new CountQueuingStrategy({ highWaterMark: 1 }).size === new CountQueuingStrategy({ highWaterMark: 2 }).size',
    ],
  },
  'a byte stream fills the buffers its reader brings': {
    setup: `${setup}
      const bytes = (...list) => new ReadableStream({
        type: 'bytes',
        start(c) {
          for (const chunk of list) c.enqueue(new Uint8Array(chunk));
          c.close();
        },
      });
      const byob = (stream) => stream.getReader({ mode: 'byob' });`,
    rows: [
      'all(bytes([1, 2], [3]))',
      '((r) => r.read(new Uint8Array(2)))(byob(bytes([1, 2, 3])))',
      '((r) => Promise.all([r.read(new Uint8Array(2)), r.read(new Uint8Array(2))]))(byob(bytes([1, 2, 3])))',
      '((r) => r.read(new Uint8Array(10)))(byob(bytes([1], [2])))',
      '((r) => r.read(new Uint16Array(2)))(byob(bytes([1, 2, 3, 4])))',
      '((r) => told(r.read(new Uint16Array(2))))(byob(bytes([1])))',
      '(async (r) => { await r.read(new Uint8Array(9)); return r.read(new Uint8Array(4)); })(byob(bytes([1])))',
      '(async (r) => { const view = new Uint8Array(4); await r.read(view); return [view.byteLength, view.buffer.detached]; })(byob(bytes([1])))',
      '((r) => told(r.read(new Uint8Array(0))))(byob(bytes([1])))',
      '((r) => told(r.read()))(byob(bytes([1])))',
      '((r) => told(r.read({})))(byob(bytes([1])))',
      '((r) => r.read(new Uint8Array(4), { min: 3 }))(byob(bytes([1], [2], [3])))',
      '((r) => told(r.read(new Uint8Array(4), { min: 5 })))(byob(bytes([1])))',
      '((r) => told(r.read(new Uint8Array(4), { min: 0 })))(byob(bytes([1])))',
      'byob(of(1))',
      "new ReadableStream({ type: 'bytes' }, { size: () => 1 })",
      "new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 })",
      `(async () => {
        const seen = [];
        const stream = new ReadableStream({
          type: 'bytes',
          pull(c) {
            seen.push(c.byobRequest?.view.byteLength ?? null);
            const { view } = c.byobRequest;
            view[0] = 7;
            c.byobRequest.respond(1);
          },
        });
        const reader = byob(stream);
        seen.push(await reader.read(new Uint8Array(3)));
        return seen;
      })()`,
      `(async () => {
        const stream = new ReadableStream({
          type: 'bytes',
          autoAllocateChunkSize: 4,
          pull(c) { c.byobRequest.view.set([1, 2]); c.byobRequest.respond(2); },
        });
        return stream.getReader().read();
      })()`,
      "new ReadableStream({ type: 'bytes', start(c) { c.enqueue('text'); } })",
      "new ReadableStream({ type: 'bytes', start(c) { c.enqueue(new Uint8Array(0)); } })",
      "new Promise((resolve) => new ReadableStream({ type: 'bytes', start(c) { resolve([c.byobRequest, c.desiredSize]); } }))",
      `(async () => {
        const reader = byob(new ReadableStream({ type: 'bytes' }));
        const read = reader.read(new Uint8Array(2));
        await reader.cancel('x');
        return read;
      })()`,
      `(async () => {
        const [one, two] = bytes([1, 2], [3]).tee();
        return [await byob(one).read(new Uint8Array(8)), await all(two)];
      })()`,
    ],
  },
  'async iteration ends, breaks and can leave the stream alone': {
    setup,
    rows: [
      `(async () => {
        const seen = [];
        const stream = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { seen.push(['cancel', reason]); } });
        for await (const chunk of stream) { seen.push(chunk, stream.locked); break; }
        return [seen, stream.locked];
      })()`,
      `(async () => {
        const seen = [];
        const stream = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); }, cancel() { seen.push('cancel'); } });
        for await (const chunk of stream.values({ preventCancel: true })) { seen.push(chunk); break; }
        seen.push((await stream.getReader().read()).value);
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        const stream = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { seen.push('cancel'); } });
        try { for await (const chunk of stream) throw new RangeError('mine'); } catch (error) { seen.push(error.name); }
        return seen;
      })()`,
      '((i) => Promise.all([i.next(), i.next(), i.next()]))(of(1, 2)[Symbol.asyncIterator]())',
      "((i) => Promise.all([i.next(), i.return('r'), i.next()]))(of(1, 2)[Symbol.asyncIterator]())",
      'ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values',
      'all(ReadableStream.from([1, Promise.resolve(2)]))',
      "all(ReadableStream.from('ab'))",
      'all(ReadableStream.from((function* () { yield 1; yield 2; })()))',
      'all(ReadableStream.from((async function* () { yield 1; yield 2; })()))',
      'all(ReadableStream.from(of(5)))',
      'ReadableStream.from(5)',
      'ReadableStream.from({})',
      `(async () => {
        const seen = [];
        const stream = ReadableStream.from((function* () { try { yield 1; yield 2; } finally { seen.push('finally'); } })());
        const reader = stream.getReader();
        await reader.read();
        await reader.cancel('x');
        return seen;
      })()`,
    ],
  },
  'a writable stream writes in turn and tells when it has room': {
    setup,
    rows: [
      `(async () => {
        const seen = [];
        const writer = sink(seen).getWriter();
        seen.push(writer.desiredSize);
        writer.write(1);
        seen.push(writer.desiredSize);
        await writer.write(2);
        await writer.close();
        seen.push(writer.desiredSize, await told(writer.closed));
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        let release;
        const writer = sink(seen, { write: () => new Promise((resolve) => { release = resolve; }) }).getWriter();
        await writer.ready;
        writer.write('a');
        let ready = false;
        writer.ready.then(() => { ready = true; });
        await pause();
        seen.push(ready, writer.desiredSize);
        release();
        await pause();
        seen.push(ready, writer.desiredSize);
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        const writer = sink(seen, { write() { throw 'bad'; } }).getWriter();
        seen.push(await told(writer.write(1)), await told(writer.closed), await told(writer.write(2)), await told(writer.ready), await told(writer.close()), writer.desiredSize === null);
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        const stream = sink(seen);
        const writer = stream.getWriter();
        writer.closed.catch(() => 0);
        writer.ready.catch(() => 0);
        await writer.abort('why');
        seen.push(await told(writer.write(1)), await told(writer.closed));
        return seen;
      })()`,
      `(async () => {
        let signal;
        const stream = new WritableStream({ start(c) { signal = c.signal; } });
        await stream.abort('why');
        return [signal.aborted, signal.reason, signal instanceof AbortSignal];
      })()`,
      `(async () => {
        const seen = [];
        const stream = new WritableStream({ start(c) { c.error('bad'); } });
        return told(stream.getWriter().write(1));
      })()`,
      '((s) => [s.locked, s.getWriter() && s.locked])(new WritableStream())',
      '((s) => { s.getWriter(); return s.getWriter(); })(new WritableStream())',
      '((s) => { s.getWriter(); return told(s.close()); })(new WritableStream())',
      '((w) => { w.releaseLock(); return Promise.all([told(w.write(1)), told(w.closed), told(w.ready), told(w.close())]); })(new WritableStream().getWriter())',
      '((w) => { w.releaseLock(); return w.desiredSize; })(new WritableStream().getWriter())',
      '(async (s) => { await s.close(); return told(s.close()); })(new WritableStream())',
      "(async (s) => { await s.close(); return told(s.abort('x')); })(new WritableStream())",
      "new WritableStream({ type: 'bytes' })",
      'new WritableStream({ write: 1 })',
      'new WritableStream({}, { highWaterMark: -1 })',
      'new WritableStream({}, { highWaterMark: 4, size: () => 2 }).getWriter().desiredSize',
      "new WritableStream({ start() { throw new RangeError('bad'); } })",
      'Object.prototype.toString.call(new WritableStream())',
      'new WritableStreamDefaultController()',
    ],
  },
  'a transform stream changes what passes and passes pressure back': {
    setup: `${setup}
      const through = async (transformer, ...chunks) => all(of(...chunks).pipeThrough(new TransformStream(transformer)));`,
    rows: [
      'through(undefined, 1, 2)',
      'through({ transform(chunk, c) { c.enqueue(chunk * 2); c.enqueue(0); } }, 1, 2)',
      "through({ flush(c) { c.enqueue('end'); } }, 1)",
      "through({ start(c) { c.enqueue('begin'); } }, 1)",
      'through({ transform() {} }, 1, 2)',
      'through({ transform(chunk, c) { c.terminate(); } }, 1, 2)'.replace('through', 'told(through').concat(')'),
      "told(through({ transform() { throw 'bad'; } }, 1))",
      "told(through({ transform: async () => { throw 'bad'; } }, 1))",
      "told(through({ flush() { throw 'bad'; } }, 1))",
      "told(through({ transform(chunk, c) { c.error('bad'); } }, 1))",
      'through({ async transform(chunk, c) { await pause(); c.enqueue(chunk); } }, 1, 2, 3)',
      `(async () => {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        let written = false;
        writer.write(1).then(() => { written = true; });
        await pause();
        const before = written;
        await readable.getReader().read();
        await pause();
        return [before, written, writer.desiredSize];
      })()`,
      'new TransformStream({}, { highWaterMark: 5 }).writable.getWriter().desiredSize',
      `(async () => {
        const seen = [];
        const { readable, writable } = new TransformStream({ cancel(reason) { seen.push(['cancel', reason]); } });
        const writer = writable.getWriter();
        writer.closed.catch(() => 0);
        writer.ready.catch(() => 0);
        await readable.cancel('r');
        seen.push(await told(writer.write(1)));
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        const { readable, writable } = new TransformStream({ cancel(reason) { seen.push(['cancel', reason]); } });
        const read = told(readable.getReader().read());
        await told(writable.abort('w'));
        seen.push(await read);
        return seen;
      })()`,
      'new TransformStream({ readableType: "bytes" })',
      'new TransformStream({ writableType: "bytes" })',
      "new TransformStream({ start() { throw new RangeError('bad'); } })",
      'Object.prototype.toString.call(new TransformStream())',
      'new Promise((resolve) => new TransformStream({ start(c) { resolve(c.desiredSize); } }))',
    ],
  },
  'pipeTo carries ends, failures and aborts both ways': {
    setup: `${setup}
      const failing = (reason) => new ReadableStream({ start(c) { c.error(reason); } });
      const pipe = async (from, more, options) => {
        const seen = [];
        const to = sink(seen, more);
        const end = await told(from.pipeTo(to, options));
        return [end, seen, from.locked, to.locked];
      };
      const endless = (seen) => new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { seen.push(['cancel', reason instanceof Error ? reason.name : reason]); } }, { highWaterMark: 0 });`,
    rows: [
      'pipe(of(1, 2))',
      'pipe(of(1), {}, { preventClose: true })',
      "pipe(failing('bad'))",
      "pipe(failing('bad'), {}, { preventAbort: true })",
      "pipe(of(1, 2), { write() { throw 'full'; } })",
      `(async () => {
        const seen = [];
        const end = await pipe(endless(seen), { write() { throw 'full'; } });
        return [end, seen];
      })()`,
      `(async () => {
        const seen = [];
        const end = await pipe(endless(seen), { write() { throw 'full'; } }, { preventCancel: true });
        return [end, seen];
      })()`,
      "pipe(of(1), {}, { signal: AbortSignal.abort('stop') })",
      `(async () => {
        const seen = [];
        const controller = new AbortController();
        const end = await pipe(endless(seen), { write() { controller.abort('stop'); } }, { signal: controller.signal });
        return [end, seen];
      })()`,
      'pipe(of(1), {}, { signal: {} })',
      '((s) => { s.getReader(); return told(s.pipeTo(new WritableStream())); })(of(1))',
      '((w) => { w.getWriter(); return told(of(1).pipeTo(w)); })(new WritableStream())',
      'told(of(1).pipeTo({}))',
      'of(1).pipeThrough({})',
      'of(1).pipeThrough({ readable: of(), writable: {} })',
      '((s) => { s.getReader(); return s.pipeThrough(new TransformStream()); })(of(1))',
      `(async () => {
        let written = 0;
        let pulled = 0;
        const source = new ReadableStream({ pull(c) { c.enqueue(++pulled); } }, { highWaterMark: 0 });
        const slow = new WritableStream({ write() { written++; return new Promise(() => undefined); } }, { highWaterMark: 2 });
        source.pipeTo(slow);
        await pause();
        await pause();
        return [pulled, written];
      })()`,
    ],
    standard: {
      // Nothing can be written: that is a failure, not an end. Node.js takes it for an end.
      [`(async () => {
        const closed = new WritableStream();
        await closed.close();
        return told(of(1).pipeTo(closed));
      })()`]: ['rejected', 'TypeError'],
    },
  },
  'tee gives every chunk to both branches and cancels when both do': {
    setup,
    rows: [
      '(async () => { const [a, b] = of(1, 2).tee(); return [await all(a), await all(b)]; })()',
      '(async () => { const chunk = {}; const [a, b] = of(chunk).tee(); return (await all(a))[0] === (await all(b))[0]; })()',
      '((s) => { s.tee(); return s.locked; })(of(1))',
      '((s) => { s.getReader(); return s.tee(); })(of(1))',
      `(async () => {
        const seen = [];
        const [a, b] = new ReadableStream({ cancel(reasons) { seen.push(reasons); } }).tee();
        const first = a.cancel('a');
        await pause();
        seen.push('only a');
        await Promise.all([first, b.cancel('b')]);
        return seen;
      })()`,
      "(async () => { const [a, b] = new ReadableStream({ start(c) { c.error('bad'); } }).tee(); return Promise.all([told(all(a)), told(all(b))]); })()",
      `(async () => {
        let pulled = 0;
        const [a, b] = new ReadableStream({ pull(c) { c.enqueue(++pulled); if (pulled === 5) c.close(); } }, { highWaterMark: 0 }).tee();
        await all(a);
        return [pulled, await all(b)];
      })()`,
    ],
  },
});
