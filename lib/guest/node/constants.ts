/** `node:constants`: those of `os`, `fs` and `crypto` in one. */
import { constants as cryptoConstants } from './crypto-constants.ts';
import { constants as fsConstants } from './fs-constants.ts';
import { constants as osConstants } from './os.ts';

const { errno, signals, priority, dlopen } = osConstants as Record<string, object>;
const constants: Readonly<Record<string, unknown>> = {
  ...dlopen,
  ...errno,
  ...priority,
  ...signals,
  ...fsConstants,
  ...cryptoConstants,
};
export default constants;
