/** Fetches code from an address: https, http on loopback, or a local file. */
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { IsopodError } from '../errors.ts';
import type { CodeLimits } from './limits.ts';

const MAX_REDIRECTS = 5;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export interface Download {
  readonly bytes: Uint8Array;
  /** Last part of the address's path. */
  readonly fileName: string;
}

export async function download(address: string, limits: CodeLimits, signal?: AbortSignal): Promise<Download> {
  const url = parse(address);
  if (url.protocol === 'file:') return readLocal(url, limits);
  const timeout = AbortSignal.timeout(limits.fetchMs);
  const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    return await get(url, limits, either);
  } catch (error) {
    if (error instanceof IsopodError) throw error;
    const why = timeout.aborted ? `no answer within ${limits.fetchMs} ms` : messageOf(error);
    throw new IsopodError('CodeFetchFailed', `${shown(url)} could not be fetched: ${why}`, { cause: error });
  }
}

async function get(from: URL, limits: CodeLimits, signal: AbortSignal): Promise<Download> {
  const { request } = await import('undici');
  let url = from;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const { statusCode, headers, body } = await request(url, { signal });
    const { location } = headers;
    if (statusCode >= 300 && statusCode < 400 && typeof location === 'string') {
      await body.dump();
      url = parse(new URL(location, url).href);
      if (url.protocol === 'file:') throw new IsopodError('CodeUnsafe', `${shown(from)} redirects to a local file`);
      continue;
    }
    if (statusCode !== 200) {
      await body.dump();
      throw new IsopodError('CodeFetchFailed', `${shown(url)} answered with status ${statusCode}`);
    }
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      total += chunk.byteLength;
      if (total > limits.packageBytes) throw tooLarge(url, limits);
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), fileName: nameOf(url) };
  }
  throw new IsopodError('CodeFetchFailed', `${shown(from)} redirects more than ${MAX_REDIRECTS} times`);
}

async function readLocal(url: URL, limits: CodeLimits): Promise<Download> {
  const path = fileURLToPath(url);
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) throw new IsopodError('CodeNotFound', `There is no file ${path}`);
  if (facts.size > limits.packageBytes) throw tooLarge(url, limits);
  return { bytes: await readFile(path), fileName: nameOf(url) };
}

function parse(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined)
    throw new IsopodError('InvalidArgument', `code.url is not an address: ${address.slice(0, 200)}`);
  const allowed =
    url.protocol === 'https:' || url.protocol === 'file:' || (url.protocol === 'http:' && loopback.test(url.hostname));
  if (!allowed) {
    throw new IsopodError(
      'CodeUnsafe',
      `Code is fetched by https: or from file: only (http: on loopback), not from ${shown(url)}`,
    );
  }
  return url;
}

/** The address without credentials and query, which may hold secrets. */
const shown = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;
const nameOf = (url: URL): string => decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
const tooLarge = (url: URL, limits: CodeLimits): IsopodError =>
  new IsopodError('CodeTooLarge', `${shown(url)} has more than ${limits.packageBytes} bytes`);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
