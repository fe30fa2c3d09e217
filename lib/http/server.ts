/**
 * The API server: Fastify, its limits, and what every request goes through before its own handler: a request id, who it
 * comes from, the body, the tenant's rate. Whoever makes it listens and closes.
 */
import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { IsopodError } from '../errors.ts';
import type { Identity } from '../tenant/access-keys.ts';
import { APIS } from './apis.ts';
import { Authenticator, type Pending } from './auth/authenticator.ts';
import { hostOf } from './auth/signed-request.ts';
import { closeHttp2 } from './cleartext-http2.ts';
import { addConsole } from './console.ts';
import { type Dialect, fcDialect } from './dialect.ts';
import { DOWNLOAD_PATH } from './downloads.ts';
import { Gateway } from './gateway/gateway.ts';
import { asksForWebSocket } from './gateway/web-sockets.ts';
import type { Host } from './host.ts';
import { InvokeRoute } from './invoke-route.ts';
import { openApiDocument } from './openapi/document.ts';
import { packageVersion } from './openapi/version.ts';
import { MAX_PART, tellClientError, tellNotFound, tellProblem } from './problems.ts';
import type { Settings } from './settings.ts';
import { addUploads } from './uploads.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who it says it comes from, to be believed once the body is there; undefined where nobody asks. */
    pending: Pending | undefined;
    identity: Identity | undefined;
    /** In answers and logs. */
    requestId: string;
  }
}

export type ApiServer = FastifyInstance;

/** Bytes of a request that carries no code and is no event. */
const MAX_CONFIG_BYTES = 1_048_576;
export async function createApiServer(host: Host): Promise<ApiServer> {
  const { settings } = host;
  const authenticator = new Authenticator(host.keys, settings);
  const gateway = new Gateway(host, authenticator);
  const app = Fastify({
    rewriteUrl: (request: IncomingMessage) => {
      announceBody(request);
      return gateway.pathFor(request.url ?? '/', hostOf(request.headers));
    },
    ...withInvokeRoute(settings, new InvokeRoute(host, authenticator, gateway)),
    ...transport(settings.tlsCert, settings.tlsKey, settings.maxHeaderBytes),
    bodyLimit: MAX_CONFIG_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PART, ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    clientErrorHandler: tellClientError,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void tellProblem(fcDialect, host, error, request, reply),
    logger: false,
  } as object) as unknown as ApiServer;
  const server = app.server as Server;
  server.maxConnections = settings.maxConnections;
  server.headersTimeout = settings.headersTimeoutSeconds * 1_000;
  server.keepAliveTimeout = settings.keepAliveSeconds * 1_000;
  server.requestTimeout = settings.requestTimeoutSeconds * 1_000;

  gateway.webSockets.listenTo(server);

  app.addHook('preClose', async () => {
    host.isStopping = true;
    closeHttp2(app);
    gateway.webSockets.close();
  });
  app.decorateRequest('pending', undefined);
  app.decorateRequest('identity', undefined);
  app.decorateRequest('requestId', '');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((request, reply) => tellNotFound(fcDialect, host, request, reply));
  app.setErrorHandler((error, request, reply) => tellProblem(fcDialect, host, error, request, reply));

  health(app, host);
  downloads(app, host);
  hooks(app, host);
  const document = JSON.stringify(openApiDocument(packageVersion()));
  app.get('/openapi.json', (_request, reply) => reply.header('content-type', 'application/json').send(document));
  gateway.addTo(app);
  addUploads(app, host, fcDialect);
  if (settings.console) addConsole(app);
  for (const { prefix, dialect, add } of APIS) {
    await app.register(
      async (api) => {
        authenticate(api, host, authenticator, dialect);
        add(api, host);
      },
      { prefix },
    );
  }
  return app;
}

/** HTTP/2 need not say that there is a body, and the framework reads none that nobody announced. */
function announceBody(request: IncomingMessage): void {
  if (request.httpVersionMajor !== 2) return;
  const { headers, stream } = request as unknown as Http2ServerRequest;
  const isSilent = headers['content-length'] === undefined && headers['content-type'] === undefined;
  if (isSilent && !stream.endAfterHeaders) headers['transfer-encoding'] = 'chunked';
}

/** HTTP/1.1 without TLS is what hosts speak behind a proxy and on loopback: there invocations have their own way. */
function withInvokeRoute({ tlsCert }: Settings, route: InvokeRoute): object {
  if (tlsCert !== undefined) return {};
  const serverFactory = (handler: RequestListener, { http }: { http: ServerOptions }): Server =>
    createServer(http, (request, response) => {
      if (!route.take(request as IncomingMessage & { url: string; method: string }, response))
        handler(request, response);
    });
  return { serverFactory };
}

function transport(certFile: string | undefined, keyFile: string | undefined, maxHeaderSize: number): object {
  if (certFile === undefined && keyFile === undefined)
    return { http: { maxHeaderSize, shouldUpgradeCallback: asksForWebSocket } };
  if (certFile === undefined || keyFile === undefined) {
    throw new IsopodError('InvalidArgument', 'tlsCert and tlsKey belong together: give both, or neither');
  }
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new IsopodError('InvalidArgument', `${path} cannot be read: ${(error as Error).message}`);
    }
  };
  return { http2: true, https: { allowHTTP1: true, maxHeaderSize, cert: read(certFile), key: read(keyFile) } };
}

function health(app: ApiServer, host: Host): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const ready = !host.isStopping;
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'stopping' });
  });
}

/** Posts to triggers: they are signed in ways of their own, and read by who takes them. */
function hooks(app: ApiServer, host: Host): void {
  const handle = host.engine.eventSources.webhookHandler();
  for (const path of ['/hooks/*', '/otlp/*']) {
    app.route({
      method: 'POST',
      url: path,
      onRequest: (request, reply) => {
        reply.hijack();
        void handle(request.raw as IncomingMessage, reply.raw as ServerResponse);
      },
      handler: () => undefined,
    });
  }
}

function downloads(app: ApiServer, host: Host): void {
  app.get<{ Params: { sha256: string }; Querystring: { until?: string; signature?: string } }>(
    `${DOWNLOAD_PATH}/:sha256`,
    async ({ params, query }, reply) => {
      host.downloads.check(params.sha256, Number(query.until), query.signature ?? '');
      const bytes = await host.blobs.get(params.sha256);
      if (bytes === undefined) throw new IsopodError('CodeNotFound', 'The code package is not kept any more');
      return reply.header('content-type', 'application/zip').send(bytes);
    },
  );
}

/** Adds who it comes from to every request of `api`, and the dialect its problems are told in. */
function authenticate(api: ApiServer, host: Host, authenticator: Authenticator, dialect: Dialect): void {
  api.addHook('onRequest', (request, _reply, done) => {
    try {
      request.requestId = host.newRequestId();
      request.pending = authenticator.begin(
        request.raw as IncomingMessage & { url: string; method: string },
        request.raw.socket.remoteAddress,
      );
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  api.addHook('preHandler', (request, _reply, done) => {
    try {
      const identity = (request.pending as Pending).finish((request.body as Buffer | undefined) ?? NOTHING);
      request.identity = identity;
      host.meterOf(host.tenants.get(identity.tenant)).request(performance.now());
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  api.setErrorHandler((error, request, reply) => tellProblem(dialect, host, error, request, reply));
  api.setNotFoundHandler((request, reply) => tellNotFound(dialect, host, request, reply));
}

const NOTHING = Buffer.alloc(0);
