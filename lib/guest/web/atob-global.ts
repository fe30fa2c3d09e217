/** The text and URL libraries unpack their tables with the global `atob`: it has to be there before they are loaded. */
import { atob } from './base64.ts';

if (!('atob' in globalThis)) {
  Object.defineProperty(globalThis, 'atob', { value: atob, writable: true, configurable: true });
}
