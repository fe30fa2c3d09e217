/**
 * HTTP/2 without TLS, for clients that know it is spoken (prior knowledge), on a port of its own: the same routes. Sessions have
 * the limits connections of HTTP/1.1 have.
 */
import { constants, createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { ApiServer } from './server.ts';
import type { Settings } from './settings.ts';

/** Requests of one session at a time. */
const MAX_STREAMS = 256;

type Limits = Pick<
  Settings,
  'host' | 'maxHeaderBytes' | 'keepAliveSeconds' | 'requestTimeoutSeconds' | 'maxConnections'
>;

/** Resolves when it listens; ends with `app`. Rejects as `listen` does. */
export async function listenHttp2(app: ApiServer, port: number, limits: Limits): Promise<Http2Server> {
  const sessions = new Set<Http2Session>();
  const server = createServer({
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: limits.maxHeaderBytes },
  });
  server.maxConnections = limits.maxConnections;
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // Requests in progress may finish.
    session.setTimeout(limits.keepAliveSeconds * 1_000, () => session.close());
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number) => {
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return;
    const late = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), limits.requestTimeoutSeconds * 1_000).unref();
    const done = (): void => clearTimeout(late);
    stream.once('end', done).once('close', done);
  });
  await app.ready();
  server.on('request', (request, response) => app.routing(request as never, response as never));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, limits.host, resolve);
  });
  closers.set(app, () => {
    for (const session of sessions) session.close();
    server.close();
  });
  return server;
}

const closers = new WeakMap<ApiServer, () => void>();

/** No new requests; those in progress may finish. Does nothing where none listens. */
export const closeHttp2 = (app: ApiServer): void => closers.get(app)?.();
