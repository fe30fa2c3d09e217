/** `TextEncoder`, `TextDecoder` and their streams (Encoding standard). */
import { compare } from './compare.ts';

const setup = `
  const bytes = (...list) => new Uint8Array(list);
  const decode = (label, ...list) => new TextDecoder(label).decode(bytes(...list));
  const strict = (label, ...list) => new TextDecoder(label, { fatal: true }).decode(bytes(...list));
  const inPieces = (label, pieces, options) => {
    const decoder = new TextDecoder(label, options);
    return [...pieces.map((piece) => decoder.decode(bytes(...piece), { stream: true })), decoder.decode()];
  };`;

const through = `
  const through = async (stream, chunks) => {
    const writer = stream.writable.getWriter();
    const out = [];
    const written = (async () => {
      for (const chunk of chunks) await writer.write(chunk);
      await writer.close();
    })();
    written.catch(() => undefined);
    for await (const chunk of stream.readable) out.push(chunk);
    await written;
    return out;
  };
  const text = async (stream, chunks) => (await through(stream, chunks)).join('');
  const joined = async (chunks) => (await through(new TextEncoderStream(), chunks)).flatMap((chunk) => [...chunk]);`;

compare({
  'TextEncoder writes UTF-8': {
    rows: [
      ...['', 'abc', 'é', '€', '💩', '\u0000', '\ufeff', '\ud800', 'a\udc00b', '\ud83d', '\udca9\ud83d'].map(
        (text) => `new TextEncoder().encode(${JSON.stringify(text)})`,
      ),
      'new TextEncoder().encode()',
      'new TextEncoder().encode(undefined)',
      'new TextEncoder().encode(null)',
      'new TextEncoder().encode({ toString: () => "x" })',
      'new TextEncoder().encoding',
      "new TextEncoder('utf-16le').encoding",
      'Object.prototype.toString.call(new TextEncoder())',
      'TextEncoder()',
      ...[
        ['', 4],
        ['abc', 2],
        ['abc', 0],
        ['é', 1],
        ['aé', 3],
        ['€€', 5],
        ['💩', 3],
        ['💩', 4],
        ['a\ud800b', 5],
        ['a\ud800b', 3],
      ].map(
        ([text, size]) =>
          `((target) => [new TextEncoder().encodeInto(${JSON.stringify(text)}, target), target])(new Uint8Array(${size}))`,
      ),
      "new TextEncoder().encodeInto('a', new Uint8Array(8).subarray(2, 3))",
      "new TextEncoder().encodeInto('a', new Uint16Array(2))",
      "new TextEncoder().encodeInto('a', new ArrayBuffer(2))",
      "new TextEncoder().encodeInto('a')",
    ],
  },
  'TextDecoder reads UTF-8, replacing or refusing what is not': {
    setup,
    rows: [
      ...[
        '',
        '0x61',
        '0xc3, 0xa9',
        '0xe2, 0x82, 0xac',
        '0xf0, 0x9f, 0x92, 0xa9',
        '0xff',
        '0xc0, 0x80',
        '0xc3',
        '0xe2, 0x82',
        '0xe2, 0x28, 0xa1',
        '0xf0, 0x9f, 0x92',
        '0xf0, 0x90, 0x28',
        '0xed, 0xa0, 0x80',
        '0xf4, 0x90, 0x80, 0x80',
        '0xf8, 0x88, 0x80, 0x80, 0x80',
        '0xe0, 0x80, 0x80',
        '0x80, 0x61, 0xbf',
        '0xef, 0xbb, 0xbf, 0x61',
        '0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf',
        '0xef, 0xbb',
        '0x61, 0xef, 0xbb, 0xbf',
      ].flatMap((list) => [`decode('utf-8', ${list})`, `strict('utf-8', ${list})`]),
      "new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61))",
      "inPieces('utf-8', [[0xf0], [0x9f, 0x92], [0xa9, 0x61]])",
      "inPieces('utf-8', [[0xef], [0xbb], [0xbf, 0x61], [0xef, 0xbb, 0xbf]])",
      "inPieces('utf-8', [[0xe2, 0x82], [0x61]])",
      "inPieces('utf-8', [[0xe2, 0x82]])",
      "inPieces('utf-8', [[0xe2, 0x82]], { fatal: true })",
      '((d) => [d.decode(bytes(0xef, 0xbb, 0xbf, 0x61)), d.decode(bytes(0xef, 0xbb, 0xbf, 0x62))])(new TextDecoder())',
      'new TextDecoder().decode()',
      'new TextDecoder().decode(undefined)',
      'new TextDecoder().decode(new ArrayBuffer(2))',
      'new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1))',
      'new TextDecoder().decode(new Uint16Array([0x6261]))',
      "new TextDecoder().decode('abc')",
      'new TextDecoder().decode([97])',
      'new TextDecoder().decode(bytes(97), null)',
      'new TextDecoder().decode(bytes(97), { stream: 1 })',
    ],
    standard: {
      // A decoder that met an error begins anew with the next call.
      "((d) => { try { d.decode(bytes(0xff)); } catch {} return d.decode(bytes(97)); })(new TextDecoder('utf-8', { fatal: true }))":
        'a',
    },
  },
  'TextDecoder knows the labels and encodings of the standard': {
    setup,
    rows: [
      ...[
        'utf8',
        ' UTF-8\n',
        'unicode-1-1-utf-8',
        'utf-16',
        'utf-16be',
        'ucs-2',
        'latin1',
        'ascii',
        'iso-8859-1',
        'iso-8859-2',
        'iso-8859-8-i',
        'windows-1252',
        'cp1251',
        'koi8-r',
        'macintosh',
        'gb2312',
        'gbk',
        'gb18030',
        'big5',
        'sjis',
        'x-sjis',
        'euc-jp',
        'iso-2022-jp',
        'ks_c_5601-1987',
        'utf-7',
        'utf-32',
        'nope',
        '',
        'utf-8\\u00a0',
        'utf-8\\0',
      ].map((label) => `new TextDecoder('${label.replace('\n', '\\n')}').encoding`),
      'new TextDecoder(undefined).encoding',
      'new TextDecoder(null)',
      "((d) => [d.fatal, d.ignoreBOM])(new TextDecoder('utf-8', { fatal: 1, ignoreBOM: 'x' }))",
      '((d) => [d.fatal, d.ignoreBOM])(new TextDecoder())',
      "decode('utf-16le', 0x61, 0, 0x3d, 0xd8, 0xa9, 0xdc)",
      "decode('utf-16le', 0xff, 0xfe, 0x61, 0)",
      "decode('utf-16le', 0x61, 0, 0x62)",
      "decode('utf-16le', 0x00, 0xd8, 0x61, 0)",
      "decode('utf-16be', 0, 0x61, 0xd8, 0x3d, 0xdc, 0xa9)",
      "decode('utf-16be', 0xfe, 0xff, 0, 0x61)",
      "strict('utf-16le', 0x61)",
      "strict('utf-16le', 0x00, 0xdc)",
      "inPieces('utf-16le', [[0x3d], [0xd8, 0xa9], [0xdc]])",
      "decode('windows-1251', 0xcf, 0xf0, 0xe8)",
      "decode('koi8-r', 0xf0, 0xd2)",
      "decode('iso-8859-2', 0xb1)",
      "decode('shift_jis', 0x93, 0xfa, 0x96, 0x7b)",
      "decode('euc-jp', 0xc6, 0xfc)",
      "decode('gbk', 0xc4, 0xe3, 0xba, 0xc3)",
      "decode('gb18030', 0x84, 0x31, 0xa4, 0x37)",
      "decode('big5', 0xa7, 0x41)",
      "decode('euc-kr', 0xc7, 0xd1)",
      "strict('shift_jis', 0x93)",
      'Object.prototype.toString.call(new TextDecoder())',
      "TextDecoder('utf-8')",
    ],
    standard: {
      // Node.js decodes latin1 as ISO-8859-1; the label means windows-1252.
      "decode('latin1', 0x80, 0x93, 0xe9)": '€“é',
      // Labels of the encoding "replacement" name no decoder.
      "new TextDecoder('hz-gb-2312')": { threw: { error: 'RangeError', class: 'RangeError' } },
      "new TextDecoder('iso-2022-kr')": { threw: { error: 'RangeError', class: 'RangeError' } },
    },
  },
  'the text streams carry characters over the borders of chunks': {
    setup: `${setup}${through}`,
    rows: [
      'text(new TextDecoderStream(), [bytes(0xf0, 0x9f), bytes(0x92), bytes(0xa9, 0x61)])',
      'text(new TextDecoderStream(), [bytes(0xef, 0xbb, 0xbf, 0x61)])',
      "text(new TextDecoderStream('utf-8', { ignoreBOM: true }), [bytes(0xef, 0xbb, 0xbf, 0x61)])",
      'text(new TextDecoderStream(), [bytes(0xe2, 0x82)])',
      "text(new TextDecoderStream('utf-8', { fatal: true }), [bytes(0xe2, 0x82)])",
      "text(new TextDecoderStream('utf-8', { fatal: true }), [bytes(0xff)])",
      "text(new TextDecoderStream('utf-16le'), [bytes(0x61), bytes(0, 0x62), bytes(0)])",
      'text(new TextDecoderStream(), [new Uint16Array([0x6261]), bytes(0x63).buffer])',
      "text(new TextDecoderStream(), ['text'])",
      'through(new TextDecoderStream(), [bytes(), bytes(97)])',
      "((s) => [s.encoding, s.fatal, s.ignoreBOM, s.readable instanceof ReadableStream, s.writable instanceof WritableStream])(new TextDecoderStream('latin1', { fatal: true }))",
      "new TextDecoderStream('nope')",
      "joined(['a', 'é', '💩'])",
      "joined(['\\ud83d', '\\udca9'])",
      "joined(['\\ud83d', 'a'])",
      "joined(['\\ud83d'])",
      "joined(['\\udca9', '\\ud83d', '\\ud83d', '\\udca9'])",
      "joined(['\\ud83d', '', '\\udca9'])",
      "joined([1, null, undefined, ['x', 'y']])",
      "through(new TextEncoderStream(), ['', 'a'])",
      'new TextEncoderStream().encoding',
      "new Response(new Blob(['grüße']).stream().pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())).text()",
    ],
    standard: {
      // A chunk is converted to a string, which a symbol cannot be.
      "through(new TextEncoderStream(), [Symbol('x')])": { threw: { error: 'TypeError', class: 'TypeError' } },
      // Node.js has no tag for it.
      'Object.prototype.toString.call(new TextEncoderStream())': '[object TextEncoderStream]',
    },
  },
});
