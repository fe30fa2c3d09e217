/** `node:punycode`, by the package Node.js itself took over. */
import punycode from 'punycode/';

export const { decode, encode, toASCII, toUnicode, ucs2, version } = punycode;
