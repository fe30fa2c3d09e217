/** `node:punycode`, by the package Node.js itself took over. */
export { decode, encode, toASCII, toUnicode, ucs2, version } from 'punycode/';
