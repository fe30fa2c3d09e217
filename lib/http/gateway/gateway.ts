/**
 * HTTP in front of functions: addresses of HTTP triggers, custom domains, Lambda's function URLs. One class because it is
 * one way through: whose address, who may, what the function gets, what the client gets.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, IsopodError, toIsopodError } from '../../errors.ts';
import type { StreamHead } from '../../types.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Host } from '../host.ts';
import { invokeEvent, invokeEventAsync, type Outcome, traceOf } from '../invocation.ts';
import { headerText } from '../operations.ts';
import { withPieces } from '../pieces.ts';
import { failureBody, failureKind } from '../reply.ts';
import type { ApiServer } from '../server.ts';
import { UPLOAD_BUCKET } from '../uploads.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import type { Domain } from './domains.ts';
import { apiGatewayEvent, type HttpCall, lambdaUrlEvent, v1Event } from './events.ts';
import { checkToken } from './jwt.ts';
import { matchRoute, rewritePath } from './matching.ts';
import { answerOf, headOf } from './responses.ts';
import { type Target, URL_PREFIX } from './targets.ts';
import { type SocketCall, WebSockets } from './web-sockets.ts';

/** Put before the path of requests for a host name that is an address of its own. */
export const BY_HOST = '/isopod/by-host';
/** Function Compute's limits, bytes. */
const MAX_HEADER_BYTES = 8_192;
const MAX_PATH_BYTES = 4_096;
const LOCAL = '.localhost';

/** Where a request goes, and the path its function sees. */
interface Found {
  readonly target: Target;
  readonly path: string;
}

export class Gateway {
  readonly #host: Host;
  readonly #authenticator: Authenticator;
  readonly webSockets = new WebSockets();

  constructor(host: Host, authenticator: Authenticator) {
    this.#host = host;
    this.#authenticator = authenticator;
  }

  /** The path to route a request by: of a host name that is an address, one of this gateway. */
  pathFor(url: string, hostHeader: string | undefined): string {
    return hostHeader !== undefined && this.isAddress(hostHeader) ? BY_HOST + url : url;
  }

  /** Whether a Host header names a custom domain or a trigger, so that none of its paths is the API's. */
  isAddress(hostHeader: string): boolean {
    const name = hostName(hostHeader);
    if (name.endsWith(LOCAL)) return !name.startsWith(`${UPLOAD_BUCKET}.`);
    return this.#host.domains.find(name) !== undefined;
  }

  addTo(app: ApiServer): void {
    const bodyLimit = this.#host.settings.maxSyncBytes;
    const handler = (request: FastifyRequest, reply: FastifyReply) => this.#answer(request, reply);
    for (const url of [BY_HOST, `${BY_HOST}/*`, `${URL_PREFIX}/:label`, `${URL_PREFIX}/:label/*`]) {
      app.all(url, { bodyLimit }, handler);
    }
    for (const rest of ['', '/*']) app.all(`/2016-08-15/proxy/:service/:function${rest}`, { bodyLimit }, handler);
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    request.requestId = this.#host.newRequestId();
    const url = request.originalUrl;
    const at = url.indexOf('?');
    const path = at === -1 ? url : url.slice(0, at);
    const query = at === -1 ? '' : url.slice(at + 1);
    try {
      checkSizes(request, url);
      const { target, path: seen } = this.#find(request, path);
      const { headers, method } = request;
      if (target.cors !== undefined && isPreflight(method, headers)) {
        return reply.code(204).headers(preflightHeaders(target.cors, headers)).send();
      }
      reply.headers(corsHeaders(target.cors, headers));
      if (target.methods !== undefined && !target.methods.includes(method)) {
        throw new IsopodError(
          'MethodNotAllowed',
          `This address takes ${target.methods.join(', ')} requests, not ${method}`,
        );
      }
      return await this.#call(target, seen, query, request, reply);
    } catch (error) {
      reply.header('x-fc-error-type', 'FcCommonError');
      throw error;
    }
  }

  #find(request: FastifyRequest, path: string): Found {
    const { label, service, function: name } = request.params as Record<string, string | undefined>;
    if (label !== undefined) return this.#byLabel(label, path.slice(`${URL_PREFIX}/${label}`.length) || '/');
    if (service !== undefined && name !== undefined) return this.#byProxy(service, name, path);
    const host = hostName(request.host);
    const domain = this.#host.domains.find(host);
    if (domain !== undefined) return this.#byDomain(domain, path, request.method);
    return this.#byLabel(host.slice(0, -LOCAL.length), path);
  }

  #byLabel(label: string, path: string): Found {
    const target = this.#host.targets.byLabel(label);
    if (target !== undefined) return { target, path };
    throw new IsopodError('TriggerNotFound', 'There is no function at this address');
  }

  /** Function Compute 2.0's: the service may have a qualifier. The trigger says who may. */
  #byProxy(glued: string, name: string, path: string): Found {
    const [service = '', qualifier = 'LATEST'] = glued.split('.', 2);
    const tenant = this.#host.tenants
      .list()
      .find((one) => this.#host.targets.byFunction(one.name, `${service}$${name}`, qualifier));
    const target = tenant && this.#host.targets.byFunction(tenant.name, `${service}$${name}`, qualifier);
    if (target === undefined)
      throw new IsopodError('TriggerNotFound', 'There is no function with an HTTP trigger at this address');
    const prefix = `/2016-08-15/proxy/${encodeURIComponent(glued)}/${encodeURIComponent(name)}`;
    return { target, path: path.startsWith(prefix) ? path.slice(prefix.length) || '/' : path };
  }

  #byDomain(domain: Domain, path: string, method: string): Found {
    const route = matchRoute(domain.routeConfig?.routes ?? [], path, method);
    if (route === undefined)
      throw new IsopodError('PathNotSupported', `'${method}' against '${path}' is not supported`);
    const qualifier = route.qualifier || 'LATEST';
    const trigger = this.#host.targets.byFunction(domain.tenant, route.functionName, qualifier);
    const target: Target = {
      tenant: domain.tenant,
      functionName: route.functionName,
      qualifier,
      authType: domain.authConfig?.authType ?? trigger?.authType ?? 'anonymous',
      authConfig: domain.authConfig?.authInfo ?? trigger?.authConfig,
      methods: route.methods?.length ? route.methods : trigger?.methods,
      cors: domain.corsConfig ?? trigger?.cors,
      format: route.payloadFormat ?? trigger?.format ?? 'v1',
      streams: trigger?.streams ?? true,
    };
    return { target, path: rewritePath(route, path) };
  }

  async #call(target: Target, path: string, query: string, request: FastifyRequest, reply: FastifyReply) {
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const passed = await this.#authenticate(target, query, request, body);
    const tenant = this.#host.tenants.get(target.tenant);
    const meter = this.#host.meterOf(tenant);
    meter.request(performance.now());
    meter.usage.ingressBytes += body.length;
    const call: HttpCall = {
      method: request.method,
      path,
      query: [query, passed.query].filter((part) => part !== '').join('&'),
      headers: { host: request.host, ...request.headers, ...passed.headers },
      body,
      protocol: request.protocol,
      host: request.host,
      remoteAddress: request.ip,
      accountId: tenant.accountId,
      requestId: request.requestId,
    };
    const event =
      target.format === 'lambda'
        ? lambdaUrlEvent(call)
        : target.format === 'apigateway'
          ? apiGatewayEvent(call, {})
          : v1Event(call);
    const wanted = { tenant, functionName: target.functionName, qualifier: target.qualifier };
    if (headerText(request.headers, 'x-fc-invocation-type') === 'Async') {
      const taskId = headerText(request.headers, 'x-fc-async-task-id');
      const { requestId } = await invokeEventAsync(this.#host, wanted, event, {
        ...traceOf(request.headers),
        ...(taskId !== undefined && { taskId }),
      });
      return reply.code(202).header('x-fc-request-id', requestId).send('');
    }
    const options = {
      meter,
      maxBytes: this.#host.settings.maxStreamBytes,
      begin: (head: StreamHead) => beginAnswer(head, reply),
    };
    let socket: SocketCall | undefined;
    let outcome: Outcome | undefined;
    try {
      outcome = await withPieces(reply.raw, options, (pieces, gone) => {
        socket = this.webSockets.callOf(request, reply, meter, gone, pieces);
        return invokeEvent(this.#host, wanted, event, gone, {
          ...traceOf(request.headers),
          ...(target.streams && { stream: socket ?? pieces }),
        });
      });
    } catch (error) {
      if (socket?.isTaken !== true) throw error;
      socket.end(toIsopodError(error));
      return reply;
    }
    if (socket?.isTaken === true) socket.end(outcome?.error);
    if (outcome === undefined || socket?.isTaken === true) return reply;
    const { status, value, error } = outcome;
    reply.header('x-fc-request-id', status.requestId ?? request.requestId);
    if (error !== undefined) {
      const told = failureBody(error, 'stackTrace');
      return reply
        .code(ERRORS.BadResponse.status)
        .headers({ 'content-type': 'application/json', 'x-fc-error-type': `${failureKind(error)}InvocationError` })
        .send(told);
    }
    const answer = answerOf(value);
    meter.sent(Buffer.byteLength(answer.body), performance.now());
    return reply
      .code(answer.status)
      .headers(answer.headers as Record<string, string | string[]>)
      .send(answer.body);
  }

  /** What the function is told of who calls. Rejects with the errors of the scheme. */
  async #authenticate(target: Target, query: string, request: FastifyRequest, body: Buffer) {
    const nothing = { headers: {} as Record<string, string>, query: '' };
    switch (target.authType) {
      case 'anonymous':
        return nothing;
      case 'jwt': {
        const claims = await checkToken(target.authConfig ?? '', request.headers, query);
        return { headers: { ...claims.headers }, query: new URLSearchParams(claims.query).toString() };
      }
      case 'function': {
        const signed = { method: request.method, url: request.originalUrl, headers: request.headers };
        const { tenant } = this.#authenticator.begin(signed, request.raw.socket.remoteAddress).finish(body);
        if (tenant === target.tenant) return nothing;
        throw new IsopodError('AccessDenied', 'The key belongs to another tenant than the function');
      }
    }
  }
}

/** Status and headers of an answer in pieces; those of the gateway are in `reply` already. Throws `BadResponse`. */
function beginAnswer(head: StreamHead, reply: FastifyReply): void {
  const { status, headers } = headOf(head);
  reply.hijack();
  reply.raw.writeHead(status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...(headers as Record<string, string | string[]>),
    'x-fc-request-id': head.requestId,
  });
}

/** A Host header without its port; names of hosts have no case. */
function hostName(header: string): string {
  const colon = header.lastIndexOf(':');
  return (colon === -1 ? header : header.slice(0, colon)).toLowerCase();
}

function checkSizes(request: FastifyRequest, url: string): void {
  if (Buffer.byteLength(url) > MAX_PATH_BYTES) {
    throw new IsopodError('InvalidArgument', `Path and query have more than ${MAX_PATH_BYTES} bytes`);
  }
  let bytes = 0;
  for (const text of request.raw.rawHeaders) bytes += text.length + 2;
  if (bytes > MAX_HEADER_BYTES)
    throw new IsopodError('InvalidArgument', `The headers have more than ${MAX_HEADER_BYTES} bytes`);
}
