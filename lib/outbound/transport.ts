/**
 * One function's connections, by undici. Each function has an agent of its own, so that no request travels on a
 * connection that was checked against another function's policy. Loaded with the first request.
 */
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, buildConnector } from 'undici';
import type { OutboundOptions } from '../options.ts';
import { decode } from './decoding.ts';
import { type HeaderPairs, withDefaults } from './headers.ts';
import type { Policy } from './policy.ts';
import { type Hop, isBodyless } from './redirects.ts';

/** Connections to one origin; more requests wait. */
const MAX_CONNECTIONS = 64;
/** Milliseconds a connection may take to be made, and be kept without use, whatever the other side proposes. */
const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 4_000;
const MAX_KEEP_ALIVE_MS = 30_000;

export interface Sent {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderPairs;
  /** Decoded. */
  readonly body: Readable;
}

export class Transport {
  readonly #agent: Agent;

  constructor(policy: Policy, { lookup, ca }: Pick<OutboundOptions, 'lookup' | 'ca'>) {
    this.#agent = new Agent({
      connect: connectorOf(policy, lookup ?? systemLookup, ca),
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      // A request has one limit for all of its time; see `NetworkConfig.timeoutMs`.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** One request, one answer; no redirect is followed. Ending `signal` ends the body too. */
  async send({ method, url, headers, body }: Hop, signal: AbortSignal): Promise<Sent> {
    const answer = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: withDefaults(headers).flat() as string[],
      body: body ?? null,
      signal,
      responseHeaders: 'raw',
    });
    const received = pairsOf(answer.headers as unknown as readonly (Buffer | string)[]);
    const { statusCode: status, statusText } = answer;
    // An error nobody reads must not end the process.
    answer.body.on('error', () => undefined);
    if (isBodyless(method, status)) return { status, statusText, headers: received, body: answer.body };
    const decoded = decode(answer.body, received);
    decoded.body.on('error', () => undefined);
    return { status, statusText, ...decoded };
  }

  /** Ends every connection and what is under way on it. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function pairsOf(raw: readonly (Buffer | string)[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([textOf(raw[at]).toLowerCase(), textOf(raw[at + 1])]);
  return pairs;
}

const textOf = (text: Buffer | string | undefined): string =>
  typeof text === 'string' ? text : (text?.toString('latin1') ?? '');

async function systemLookup(host: string): Promise<readonly string[]> {
  const { lookup } = await import('node:dns/promises');
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * Connects to addresses that were checked: a name is resolved once, every address it has is checked, and the socket
 * gets just these. A name that answers with something else a moment later changes nothing.
 */
function connectorOf(
  policy: Policy,
  resolve: NonNullable<OutboundOptions['lookup']>,
  ca: OutboundOptions['ca'],
): buildConnector.connector {
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    if (isIP(host) !== 0) {
      try {
        policy.checkAddress(host, port, host);
      } catch (error) {
        return callback(error as Error, null);
      }
    }
    const lookup: LookupFunction = (_name, { all }, done) => {
      checkedAddresses(policy, resolve, host, port).then(
        (found) => {
          const [first] = found;
          if (all === true) done(null, [...found]);
          else done(null, first?.address ?? '', first?.family);
        },
        (error: Error) => done(error, ''),
      );
    };
    const connect = buildConnector({
      lookup,
      allowH2: false,
      timeout: CONNECT_MS,
      ...(ca !== undefined && { ca: [...ca] }),
    } as buildConnector.BuildOptions);
    connect(options, callback);
  };
}

async function checkedAddresses(
  policy: Policy,
  resolve: NonNullable<OutboundOptions['lookup']>,
  host: string,
  port: number,
): Promise<{ address: string; family: number }[]> {
  const name = host.replace(/\.$/, '');
  const found = await resolve(name);
  if (found.length === 0) throw new Error(`${name} has no address`);
  return found.map((address) => {
    policy.checkAddress(name, port, address);
    return { address, family: isIP(address) };
  });
}
