/** Requests to the host this page came from, with the credentials of this tab. */
import { signed } from '/console/sign.js';

const STORE = 'isopod-credentials';
let credentials = JSON.parse(sessionStorage.getItem(STORE) ?? 'null');

export const hasCredentials = () => credentials !== null;

export function setCredentials(given) {
  credentials = given;
  if (given === null) sessionStorage.removeItem(STORE);
  else sessionStorage.setItem(STORE, JSON.stringify(given));
}

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function headersFor(method, path, headers, body) {
  if (credentials === null) return headers;
  if (credentials.token) return { ...headers, authorization: `Bearer ${credentials.token}` };
  return signed(method, path, headers, body, credentials);
}

/** The response; rejects with `ApiError`. `body`: bytes or text as they are, everything else as JSON. */
export async function request(method, path, { headers = {}, body, signal } = {}) {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
  const sent = isRaw ? body : JSON.stringify(body);
  const own = isRaw ? headers : { 'content-type': 'application/json', ...headers };
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: await headersFor(method, path, own, sent ?? ''),
      body: sent,
      signal,
    });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new ApiError(0, 'NetworkFailed', error.message);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new ApiError(response.status, told.Code ?? `HTTP ${response.status}`, told.Message ?? response.statusText);
}

export async function json(method, path, body, headers) {
  const response = await request(method, path, { body, ...(headers && { headers }) });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

export const own = (...parts) => `/isopod/v1/${parts.map(encodeURIComponent).join('/')}`;
export const fc = (...parts) => `/2023-03-30/${parts.map(encodeURIComponent).join('/')}`;

/** Tells each line of a function's log until `signal` is aborted; a lost stream is asked for again. */
export async function followLog(functionName, tell, signal, onLost = () => {}) {
  let last = 0;
  while (!signal.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...(last > 0 && { 'last-event-id': String(last) }) };
      const response = await request('GET', `${own('functions', functionName, 'logs')}?follow=true&limit=200`, {
        headers,
        signal,
      });
      onLost(false);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const events = (rest + value).split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const data = /^data: ?(.*)$/m.exec(event)?.[1];
          if (data === undefined) continue;
          if (/^event: gap$/m.test(event)) tell({ gap: Number(data) });
          else {
            const line = JSON.parse(data);
            last = line.seq;
            tell(line);
          }
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 403 || error.status === 404) throw error;
      onLost(true);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}
