/** Cross-origin requests: what a trigger or a domain allows, as headers. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import type { CorsConfig } from './domains.ts';

const EXPOSED = [
  'Date',
  'x-fc-request-id',
  'x-fc-error-type',
  'x-fc-code-checksum',
  'x-fc-invocation-duration',
  'x-fc-max-memory-usage',
  'x-fc-log-result',
  'x-fc-invocation-code-version',
].join(',');

type Headers = Record<string, string>;

export const isPreflight = (method: string, headers: IncomingHttpHeaders): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** Without a configuration every origin is told it may, as Function Compute does; and OPTIONS reaches the function. */
export function corsHeaders(config: CorsConfig | undefined, { origin }: IncomingHttpHeaders): Headers {
  if (origin === undefined) return {};
  if (config === undefined) {
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    };
  }
  const allowed = allowedOrigin(config, origin);
  if (allowed === undefined) return {};
  return {
    'access-control-allow-origin': allowed,
    ...(config.allowCredentials === true && allowed !== '*' && { 'access-control-allow-credentials': 'true' }),
    ...(config.exposeHeaders !== undefined && { 'access-control-expose-headers': config.exposeHeaders.join(',') }),
    vary: 'Origin',
  };
}

/** Of the answer the gateway gives itself. */
export function preflightHeaders(config: CorsConfig, headers: IncomingHttpHeaders): Headers {
  const { allowMethods = ['*'], allowHeaders = ['*'], maxAge = 3_600 } = config;
  const asked = headers['access-control-request-headers'];
  return {
    ...corsHeaders(config, headers),
    'access-control-allow-methods': allowMethods.join(','),
    'access-control-allow-headers':
      allowHeaders.includes('*') && asked !== undefined ? String(asked) : allowHeaders.join(','),
    'access-control-max-age': String(maxAge),
  };
}

function allowedOrigin({ allowOrigins = [], allowCredentials }: CorsConfig, origin: string): string | undefined {
  if (allowOrigins.includes('*')) return allowCredentials === true ? origin : '*';
  const fits = allowOrigins.some((pattern) => pattern === origin || isBelow(pattern, origin));
  return fits ? origin : undefined;
}

/** `https://*.example.com` allows every name below it. */
function isBelow(pattern: string, origin: string): boolean {
  const at = pattern.indexOf('*.');
  if (at === -1) return false;
  const [scheme, domain] = [pattern.slice(0, at), pattern.slice(at + 1)];
  return origin.startsWith(scheme) && origin.endsWith(domain) && origin.length > scheme.length + domain.length;
}
