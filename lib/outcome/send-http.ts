/**
 * Outcomes to HTTP endpoints: a POST, signed as Standard Webhooks has it (https://www.standardwebhooks.com), so that
 * receivers check it with a library of their language. Redirects are not followed: an endpoint says where it is.
 */
import { createHmac } from 'node:crypto';
import { IsopodError } from '../errors.ts';
import { tenantOf } from '../function/name.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import type { OutboundOptions } from '../options.ts';
import { networkError } from '../outbound/failures.ts';
import { Policy } from '../outbound/policy.ts';
import type { Transport } from '../outbound/transport.ts';
import type { ConnectorMessage } from '../types.ts';

/** Bytes of an answer that are looked at, for the message. */
const MAX_ANSWER_BYTES = 1_024;

const bytesOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64');

/** What outcomes of a tenant's functions are signed with: its own, so that no tenant can sign in another's name. */
export function secretOf(secret: string, tenant: string | undefined): string {
  if (tenant === undefined) return secret;
  return `whsec_${createHmac('sha256', bytesOf(secret)).update(`tenant ${tenant}`).digest('base64')}`;
}

export class HttpSender {
  readonly #secret: string;
  readonly #options: OutboundOptions;
  /** By whether private addresses may be reached. */
  readonly #transports = new Map<boolean, Promise<Transport>>();

  /** `secret`: `whsec_` and at least 24 bytes in base64. */
  constructor(secret: string, options: OutboundOptions) {
    this.#secret = secret;
    this.#options = options;
  }

  #transport(anywhere: boolean): Promise<Transport> {
    let transport = this.#transports.get(anywhere);
    if (transport === undefined) {
      const policy = new Policy(['*'], anywhere);
      transport = import('../outbound/transport.ts').then(({ Transport }) => new Transport(policy, this.#options));
      this.#transports.set(anywhere, transport);
    }
    return transport;
  }

  /** `anywhere`: addresses that are not public may be reached too. Rejects when the endpoint did not answer with 2xx. */
  async send(
    address: string,
    message: ConnectorMessage,
    anywhere: boolean,
    trace: TraceParent | undefined,
  ): Promise<void> {
    const url = new URL(address);
    const { id, body, signal, functionName } = message;
    const key = bytesOf(secretOf(this.#secret, tenantOf(functionName)));
    const timestamp = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = [
      ['content-type', 'application/json; charset=utf-8'],
      ['user-agent', 'isopod'],
      ['webhook-id', id],
      ['webhook-timestamp', String(timestamp)],
      ['webhook-signature', `v1,${signature}`],
      ...Object.entries(trace ?? {}),
    ] as const;
    try {
      const transport = await this.#transport(anywhere);
      const answer = await transport.send({ method: 'POST', url, headers, body: Buffer.from(body) }, signal);
      const said = await beginningOf(answer.body);
      if (answer.status >= 200 && answer.status < 300) return;
      throw new IsopodError('DestinationDeliveryFailed', `${url.origin} answered with status ${answer.status}${said}`);
    } catch (error) {
      if (error instanceof IsopodError && error.code === 'DestinationDeliveryFailed') throw error;
      const { message: why } = networkError(signal.aborted ? signal.reason : error, url.origin);
      throw new IsopodError('DestinationDeliveryFailed', why, { cause: error });
    }
  }

  async close(): Promise<void> {
    for (const transport of this.#transports.values()) await (await transport.catch(() => undefined))?.close();
  }
}

/** For the message; the rest is not waited for. */
async function beginningOf(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  body.destroy();
  const text = Buffer.concat(parts).subarray(0, MAX_ANSWER_BYTES).toString().replace(/\s+/g, ' ').trim();
  return text === '' ? '' : `: ${text.slice(0, 200)}`;
}
