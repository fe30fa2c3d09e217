/** An HTTP request as the event of a function: Function Compute's v1, API Gateway's, and Lambda's 2.0. */
import type { IncomingHttpHeaders } from 'node:http';

export interface HttpCall {
  readonly method: string;
  /** Encoded, as it is after a rewrite. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly protocol: string;
  readonly host: string;
  readonly remoteAddress: string;
  readonly accountId: string;
  readonly requestId: string;
}

/** Bodies of these types go as text, others as Base64. */
const TEXTUAL = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|graphql|.*\+(json|xml))\b)/i;

export function bodyText({ headers, body }: Pick<HttpCall, 'headers' | 'body'>): {
  body: string;
  isBase64Encoded: boolean;
} {
  if (body.length === 0) return { body: '', isBase64Encoded: false };
  if (TEXTUAL.test(headers['content-type'] ?? '')) {
    const text = body.toString();
    if (!text.includes('\uFFFD')) return { body: text, isBase64Encoded: false };
  }
  return { body: body.toString('base64'), isBase64Encoded: true };
}

/** Not handed on: they concern the connection, or are the platform's own. */
const HIDDEN = /^(connection|keep-alive|proxy-connection|te|transfer-encoding)$|^x-fc-|^:/;

const canonical = (name: string): string => name.replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());

function headersOf(headers: IncomingHttpHeaders, rename: (name: string) => string): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HIDDEN.test(name)) continue;
    // Handlers look for this one; others are the connection's.
    if (name === 'upgrade' && `${value}`.toLowerCase() !== 'websocket') continue;
    told[rename(name)] = Array.isArray(value) ? value.join(',') : value;
  }
  return told;
}

/** Items of the same name are joined by a comma. */
function queryOf(query: string): Record<string, string> {
  const told: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    told[name] = Object.hasOwn(told, name) ? `${told[name]},${value}` : value;
  }
  return told;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export function v1Event(call: HttpCall, now = new Date()): object {
  const { method, path, query, headers, protocol, host, remoteAddress, accountId, requestId } = call;
  return {
    version: 'v1',
    rawPath: path,
    ...bodyText(call),
    headers: { ...headersOf(headers, canonical), 'X-Forwarded-Proto': protocol },
    queryParameters: queryOf(query),
    // Not among Function Compute's fields: web-standard handlers are to see the query as it was.
    rawQueryString: query,
    requestContext: {
      accountId,
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: host.replace(/:\d+$/, '').split('.')[0],
      http: {
        method,
        path: decoded(path),
        protocol: 'HTTP/1.1',
        sourceIp: remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      time: `${now.toISOString().slice(0, 19)}Z`,
      timeEpoch: String(now.getTime()),
    },
  };
}

export function apiGatewayEvent(call: HttpCall, pathParameters: Readonly<Record<string, string>>): object {
  const { path, method, headers, query, requestId } = call;
  return {
    path: decoded(path),
    httpMethod: method,
    headers: { ...headersOf(headers, (name) => name), 'X-Ca-Api-Gateway': requestId },
    queryParameters: queryOf(query),
    pathParameters,
    ...bodyText(call),
  };
}

/** Of Lambda's function URLs. */
export function lambdaUrlEvent(call: HttpCall, now = new Date()): object {
  const { method, path, query, headers, host, remoteAddress, accountId, requestId } = call;
  const { cookie, ...rest } = headers;
  const { body, isBase64Encoded } = bodyText(call);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decoded(path),
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: headersOf(rest, (name) => name),
    queryStringParameters: queryOf(query),
    requestContext: {
      accountId: accountId.slice(-12),
      apiId: host.split('.')[0],
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: host.split('.')[0],
      http: {
        method,
        path: decoded(path),
        protocol: 'HTTP/1.1',
        sourceIp: remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body !== '' && { body }),
    isBase64Encoded,
  };
}
