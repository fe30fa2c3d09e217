/** `node:querystring`. */
export {
  escape,
  parse,
  parse as decode,
  stringify,
  stringify as encode,
  unescape,
  unescapeBuffer,
} from 'unenv/node/querystring';
