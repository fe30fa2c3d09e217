/** `node:tty`: an isolate has no terminal. */
import { unsupported } from './errors.ts';

export const isatty = (_descriptor: number): boolean => false;
export class ReadStream {
  constructor() {
    throw unsupported('tty.ReadStream', 'there is no terminal');
  }
}
export class WriteStream {
  constructor() {
    throw unsupported('tty.WriteStream', 'write to process.stdout, which goes to the log');
  }
}
