/** The text library unpacks its tables with the global `atob`: it has to be there before that library is loaded. */
import { atob } from './base64.ts';

if (!('atob' in globalThis)) {
  Object.defineProperty(globalThis, 'atob', { value: atob, writable: true, configurable: true });
}
