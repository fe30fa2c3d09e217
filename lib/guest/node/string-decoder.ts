/** `node:string_decoder`. */
import { StringDecoder as LibraryDecoder } from 'string_decoder/';
import { Buffer } from './buffer-class.ts';
import { nodeError } from './errors.ts';

export class StringDecoder extends LibraryDecoder {
  constructor(encoding: string = 'utf8') {
    if (encoding !== null && !Buffer.isEncoding(encoding)) {
      throw nodeError(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
    }
    super(encoding);
  }
}
