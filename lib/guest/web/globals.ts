/** What the bundler puts into a bundle that mentions one of these names. */
export { structuredClone } from './clone.ts';
export { AbortController, AbortSignal, DOMException, Event, EventTarget } from './events.ts';
export { Headers, Request, Response } from './http.ts';
export { atob, btoa, TextDecoder, TextEncoder } from './text.ts';
export { URL, URLSearchParams } from './url.ts';
