/** `buffer` as the packages that our modules are made of ask for it: the class, without the Blob they can do without. */
import { Buffer } from './buffer-class.ts';

export { Buffer };
export default { Buffer, kMaxLength: 2 ** 31 - 1 };
