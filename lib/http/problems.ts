/** How the server tells what went wrong: its own errors, the framework's, and requests that are no HTTP. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import type { Host } from './host.ts';

/** Characters of a part of a path: an ARN is one. */
export const MAX_PART = 2_048;

export function tellNotFound(dialect: Dialect, host: Host, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0];
  const error = new IsopodError('PathNotSupported', `'${request.method}' against '${path}' is not supported`);
  tellProblem(dialect, host, error, request, reply);
}

export function tellProblem(
  dialect: Dialect,
  host: Host,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = fromFramework(thrown, request.routeOptions?.bodyLimit);
  const requestId = error.requestId ?? (request.requestId || host.newRequestId());
  const { status, headers, body } = dialect.problem(error, requestId);
  if (error.code === 'InternalError') host.log.error(error.message, { requestId, error: error.cause ?? error });
  void reply.code(status).headers(headers).send(body);
}

/** Fastify's own errors by code; what is not here is ours to repair. */
const FRAMEWORK: Readonly<Record<string, (message: string, bodyLimit: number | undefined) => IsopodError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (_message, bodyLimit) =>
    new IsopodError('PayloadTooLarge', `payload size exceeds maximum allowed size (${bodyLimit} bytes)`),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (message) => new IsopodError('InvalidArgument', message),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (message) => new IsopodError('InvalidArgument', message),
  FST_ERR_BAD_URL: () => new IsopodError('InvalidArgument', 'The path is not percent-encoded correctly'),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    new IsopodError('InvalidArgument', `A part of the path has more than ${MAX_PART} characters`),
};

function fromFramework(thrown: unknown, bodyLimit: number | undefined): IsopodError {
  const { code, message, statusCode } = thrown as { code?: string; message?: string; statusCode?: number };
  const known = FRAMEWORK[code ?? ''];
  if (known !== undefined) return known(message ?? '', bodyLimit);
  // What a client did to its connection in the middle of a body.
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new IsopodError('InvocationAborted', 'The client went away before the body was complete');
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && !(thrown instanceof IsopodError)) {
    return new IsopodError('InvalidArgument', message ?? 'The request is malformed');
  }
  return toIsopodError(thrown);
}

/** Requests that are no HTTP: answered in our form, then the connection ends. */
export function tellClientError(
  error: Error & { code?: string },
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers are larger than maxHeaderBytes']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time']
        : ['400 Bad Request', 'The request is no HTTP'];
  const body = JSON.stringify({
    Code: 'InvalidArgument',
    Message: message,
    ErrorCode: 'InvalidArgument',
    ErrorMessage: message,
  });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
