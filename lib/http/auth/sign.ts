/** Signs requests of our own, as Function Compute's clients do. */
import { createSecretKey, randomUUID } from 'node:crypto';
import { ACS3, canonicalPath } from './acs3.ts';
import { canonicalHeaders, canonicalQuery, hmac, sha256Hex, splitUrl } from './signed-request.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** The headers to send beside `headers`, all of which are signed. `url`: path and query. */
export function signedHeaders(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  { accessKeyId, accessKeySecret }: Credentials,
): Record<string, string> {
  const bodyHash = sha256Hex(body);
  const all: Record<string, string> = {
    ...headers,
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': bodyHash,
  };
  const { path, query } = splitUrl(url);
  const names = Object.keys(all)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'))
    .sort();
  const lines = canonicalHeaders({ method, url, headers: all }, names, false);
  const canonical = `${method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n${lines}\n${names.join(';')}\n${bodyHash}`;
  const signature = hmac(createSecretKey(Buffer.from(accessKeySecret)), `${ACS3}\n${sha256Hex(canonical)}`, 'hex');
  const authorization = `${ACS3} Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...all, authorization };
}
