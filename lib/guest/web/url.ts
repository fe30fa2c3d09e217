/** `URL` and `URLSearchParams` of the URL standard, from a library that needs nothing of its host. */
export { URL, URLSearchParams } from 'whatwg-url-minimum';
