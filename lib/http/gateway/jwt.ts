/** `jwt` authentication of triggers and domains: where the token is, which keys may have signed it, what the function is told. */
import type { IncomingHttpHeaders } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { IsopodError } from '../../errors.ts';

interface JwtConfig {
  readonly keys: ReturnType<typeof createLocalJWKSet>;
  /** `header:Authorization:Bearer`, `query:token`, `cookie:name`. */
  readonly lookups: readonly (readonly string[])[];
  /** Claims handed on: where to, its name there, the claim. */
  readonly passes: readonly (readonly string[])[];
}

const known = new LRUCache<string, JwtConfig>({ max: 1_000 });

/** What to add to the request of a token that is good. */
export interface Claims {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** Rejects with `AccessDenied`. */
export async function checkToken(text: string, headers: IncomingHttpHeaders, query: string): Promise<Claims> {
  const config = read(text);
  const token = config.lookups.map((lookup) => find(lookup, headers, query)).find((found) => found !== undefined);
  if (token === undefined) throw new IsopodError('AccessDenied', 'The request carries no token');
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, config.keys));
  } catch (error) {
    throw new IsopodError('AccessDenied', `The token is not valid: ${(error as Error).message}`);
  }
  const told: { headers: Record<string, string>; query: Record<string, string> } = { headers: {}, query: {} };
  for (const [place = '', as = '', claim = as] of config.passes) {
    const value = payload[claim];
    if (value === undefined) continue;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    if (place === 'header') told.headers[as.toLowerCase()] = shown;
    else if (place === 'query') told.query[as] = shown;
  }
  return told;
}

function read(text: string): JwtConfig {
  const cached = known.get(text);
  if (cached !== undefined) return cached;
  try {
    const given = JSON.parse(text) as Record<string, unknown>;
    const named = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
    const jwks = (typeof named.jwks === 'string' ? JSON.parse(named.jwks) : named.jwks) as JSONWebKeySet;
    const config: JwtConfig = {
      keys: createLocalJWKSet(jwks),
      lookups: list(named.tokenlookup ?? 'header:Authorization:Bearer'),
      passes: list(named.claimpassby ?? ''),
    };
    known.set(text, config);
    return config;
  } catch (error) {
    throw new IsopodError('AccessDenied', `The keys of this address cannot be read: ${(error as Error).message}`);
  }
}

const list = (text: unknown): string[][] =>
  String(text)
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => item.trim().split(':'));

function find(
  [place, name = '', scheme]: readonly string[],
  headers: IncomingHttpHeaders,
  query: string,
): string | undefined {
  if (place === 'query') return new URLSearchParams(query).get(name) ?? undefined;
  if (place === 'cookie') {
    const cookies = (headers.cookie ?? '').split(/; */).map((cookie) => cookie.split('='));
    return cookies
      .find(([of]) => of === name)
      ?.slice(1)
      .join('=');
  }
  const value = headers[name.toLowerCase()];
  if (typeof value !== 'string') return undefined;
  if (scheme === undefined) return value;
  return value.startsWith(`${scheme} `) ? value.slice(scheme.length + 1) : undefined;
}
