/** Short texts made shorter, for addresses and for storage. */
import LZString from 'lz-string';

const TEXT = `${'to be or not to be '.repeat(20)}é𝌆`;

export const handler = () => {
  const forms = ['', 'ToUTF16', 'ToBase64', 'ToEncodedURIComponent', 'ToUint8Array'].map((form) => {
    const packed = LZString[`compress${form}`](TEXT);
    return [form, packed.length, LZString[`decompress${form.replace('To', 'From')}`](packed) === TEXT];
  });
  return {
    forms,
    base64: LZString.compressToBase64('hello hello hello'),
    uri: LZString.compressToEncodedURIComponent('a+b/c=d'),
    edge: [LZString.compress(null), LZString.decompress(''), LZString.decompressFromBase64('!!!!')],
  };
};
