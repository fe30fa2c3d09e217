/** Texts in other encodings, both ways: single bytes, Asian ones, UTF-16 with marks, and as streams. */
import { Readable } from 'node:stream';
import iconv from 'iconv-lite';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const samples = {
  win1252: 'naïve € “x”',
  win1251: 'Привет',
  iso88592: 'Łódź',
  koi8r: 'Мир',
  shiftjis: 'こんにちは',
  eucjp: '日本語',
  gb18030: '中文𠀀',
  big5: '繁體',
  euckr: '한국어',
  cp437: 'é░',
  utf16be: 'aé',
  utf7: 'a+é',
  macroman: 'ü',
};

export const handler = async () => {
  const text = [];
  for await (const part of Readable.from([Buffer.from([0x82]), Buffer.from([0xb1, 0x82, 0xf1])]).pipe(
    iconv.decodeStream('shiftjis'),
  ))
    text.push(part);
  const encoder = Readable.from(['Пр', 'ивет']).pipe(iconv.encodeStream('win1251'));
  const parts = [];
  for await (const part of encoder) parts.push(part);
  let failure;
  try {
    iconv.encode('x', 'klingon');
  } catch (error) {
    failure = error.message;
  }
  return {
    bytes: Object.entries(samples).map(([name, sample]) => [name, hex(iconv.encode(sample, name))]),
    round: Object.entries(samples).map(([name, sample]) => iconv.decode(iconv.encode(sample, name), name) === sample),
    marks: [
      hex(iconv.encode('a', 'utf-16le', { addBOM: true })),
      iconv.decode(Buffer.from('efbbbf61', 'hex'), 'utf8'),
      iconv.decode(Buffer.from('efbbbf61', 'hex'), 'utf8', { stripBOM: false }).length,
      iconv.decode(Buffer.from('fffe6100', 'hex'), 'utf16'),
    ],
    unknown: [hex(iconv.encode('a→b', 'latin1')), iconv.decode(Buffer.from([0x81, 0xff]), 'gbk')],
    exists: [iconv.encodingExists('UTF-8'), iconv.encodingExists('klingon')],
    failure,
    text: text.join(''),
    streamed: hex(Buffer.concat(parts)),
  };
};
