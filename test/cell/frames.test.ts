import t from 'tap';
import { Decoder, encode, type Frame } from '../../lib/cell/frames.ts';

const bytes = (frame: Uint8Array): Buffer => Buffer.from(frame);

t.test('frames come out as they went in, however the stream is cut', async (t) => {
  const values: [unknown, Uint8Array][] = [
    [{ say: [1, 2, 'ü'] }, new Uint8Array(0)],
    [null, new Uint8Array([1, 2, 3])],
    ['x'.repeat(70_000), new Uint8Array(100_000).fill(7)],
    [[], new Uint8Array(0)],
  ];
  const stream = Buffer.concat(values.map(([value, further]) => bytes(encode(value, further))));
  for (const step of [1, 3, 11, 12, 13, 1_000, 65_536, stream.length]) {
    const decoder = new Decoder();
    const frames: Frame[] = [];
    // One byte at a time takes long for the large frame.
    const end = step === 1 ? bytes(encode(...(values[0] as [unknown, Uint8Array]))).length : stream.length;
    for (let at = 0; at < end; at += step) frames.push(...decoder.push(stream.subarray(at, Math.min(end, at + step))));
    const wanted = step === 1 ? values.slice(0, 1) : values;
    t.same(
      frames.map(({ value, further }) => [value, Buffer.compare(further, Buffer.from(further)) === 0, further.length]),
      wanted.map(([value, further]) => [value, true, further.length]),
      `steps of ${step} bytes`,
    );
  }
});

t.test('long texts of a message go as they are, and come back in their places', async (t) => {
  const long = '{"quotes":"\\"and ü and 😀"}'.repeat(100);
  const lone = `\ud800${'x'.repeat(2_000)}`;
  const message = { say: [1, 7, long, 5, '', lone, 'short', long, ['nested', long]], at: 3 };
  const encoded = bytes(encode(message));
  const [frame] = new Decoder().push(encoded);
  t.same(frame?.value, message);
  t.equal(frame?.further.length, 0);
  t.ok(encoded.includes('{"quotes":"\\"and ü and 😀"}{'), 'nothing of it is escaped');
});

t.test('texts that do not fit their message are refused with a code', async (t) => {
  const further = Buffer.from('abcdef');
  const say = ['', 'x', ''];
  for (const texts of [
    [],
    'texts',
    [0],
    [0, 7],
    [0, 3],
    [0, -3, 2, 9],
    [1, 6],
    [0, 3, 0, 3],
    [5, 6],
    ['length', 6],
    [0, 1.5, 2, 4.5],
    [0, 3, 2, 3, 2],
    null,
  ]) {
    t.throws(
      () => new Decoder().push(bytes(encode({ say, texts }, further))),
      { code: 'InternalError' },
      JSON.stringify(texts),
    );
  }
  t.match(new Decoder().push(bytes(encode({ say, texts: [0, 3, 2, 3] }, further))), [
    { value: { say: ['abc', 'x', 'def'] } },
  ]);
});

t.test('what is no frame is refused with a code', async (t) => {
  const good = bytes(encode({ a: 1 }));
  const broken: Record<string, Buffer> = {
    'another first word': Buffer.concat([Buffer.from('HTTP'), good.subarray(4)]),
    'an absurd length of JSON': Buffer.concat([
      good.subarray(0, 4),
      Buffer.from([255, 255, 255, 255]),
      good.subarray(8),
    ]),
    'an absurd length of bytes': Buffer.concat([good.subarray(0, 8), Buffer.from([255, 255, 255, 255])]),
    'JSON cut short': Buffer.concat([good.subarray(0, 4), Buffer.from([0, 0, 0, 3]), good.subarray(8)]),
    zeros: Buffer.alloc(64),
  };
  for (const [what, stream] of Object.entries(broken)) {
    t.throws(() => new Decoder().push(stream), { code: 'InternalError' }, what);
  }
  t.same(new Decoder().push(good.subarray(0, -1)), [], 'a frame that is not complete is waited for');
});
