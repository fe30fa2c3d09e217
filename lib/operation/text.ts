/** Legacy encodings (GBK, Shift_JIS, Big5, ...): the host's ICU has the tables, which no bundle should carry. */
import { bytesOf, OperationError, type Operations } from './operations.ts';

export const textOperations: Operations = {
  /** `label`, `label!` when invalid bytes are errors; the bytes. The result is the text itself. */
  decode: (label, bytes) => {
    const fatal = label.endsWith('!');
    try {
      return new TextDecoder(fatal ? label.slice(0, -1) : label, { fatal, ignoreBOM: true }).decode(bytesOf(bytes));
    } catch (error) {
      if (error instanceof RangeError)
        throw new OperationError('RangeError', `The encoding "${label}" is not supported`);
      throw new OperationError('TypeError', 'The data is not valid in this encoding');
    }
  },
};
