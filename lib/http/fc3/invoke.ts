/** Function Compute 3.0: invocations. Not among the operations: bodies and answers are bytes, and it is the hot path. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IsopodError } from '../../errors.ts';
import type { StreamHead } from '../../types.ts';
import { headOf } from '../gateway/responses.ts';
import type { Host } from '../host.ts';
import { invokeAsync, invokeSync, type Outcome, traceOf, type Wanted } from '../invocation.ts';
import { fcLogTail } from '../log-tail.ts';
import { callerOf, headerText } from '../operations.ts';
import { withPieces } from '../pieces.ts';
import { replyWithFailure, replyWithValue, statusHeaders } from '../reply.ts';
import type { ApiServer } from '../server.ts';

/** Function Compute's task ids. */
const taskIdForm = /^[A-Za-z_][\w-]{0,127}$/;

export function addInvocations(app: ApiServer, host: Host): void {
  app.post<{ Params: { functionName: string } }>(
    '/functions/:functionName/invocations',
    { bodyLimit: host.settings.maxSyncBytes },
    async (request, reply) => {
      const { qualifier } = request.query as { qualifier?: string };
      return invoke(host, request, reply, request.params.functionName, qualifier || 'LATEST');
    },
  );
}

/** Of every generation of Function Compute. */
export async function invoke(
  host: Host,
  request: FastifyRequest,
  reply: FastifyReply,
  functionName: string,
  qualifier: string,
): Promise<FastifyReply> {
  const { tenant } = callerOf(host, request, 'invoke');
  const wanted: Wanted = { tenant, functionName, qualifier };
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const meter = host.meterOf(tenant);
  meter.usage.ingressBytes += body.byteLength;
  const type = headerText(request.headers, 'x-fc-invocation-type') ?? 'Sync';
  if (type === 'Async' || type === 'Task') return accept(host, wanted, body, request, reply);
  if (type !== 'Sync') {
    throw new IsopodError('InvalidArgument', `x-fc-invocation-type: must be Sync or Async, got ${type}`);
  }
  const options = { meter, maxBytes: host.settings.maxStreamBytes, begin: (head: StreamHead) => begin(head, reply) };
  const outcome = await withPieces(reply.raw, options, (stream, gone) =>
    invokeSync(host, wanted, body, headerText(request.headers, 'content-type'), gone, {
      ...traceOf(request.headers),
      stream,
    }),
  );
  if (outcome === undefined) return reply;
  const { status, headers, body: answer } = answerOf(outcome, request);
  meter.sent(answer === undefined ? 0 : Buffer.byteLength(answer), performance.now());
  return reply
    .code(status)
    .headers(headers)
    .send(answer ?? '');
}

function begin(head: StreamHead, reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, streamHeaders(head));
}

/** Of a result in pieces. How long it takes and what it needs nobody knows yet. */
export function streamHeaders(head: StreamHead): Record<string, string> {
  const { 'content-type': type } = headOf(head).headers;
  return { 'content-type': String(type), 'x-fc-request-id': head.requestId, 'x-fc-instance-id': head.instanceId };
}

function answerOf({ status, value, error }: Outcome, request: FastifyRequest) {
  const wantsLogs = headerText(request.headers, 'x-fc-log-type') === 'Tail';
  const headers = statusHeaders(status, wantsLogs ? fcLogTail(status, error) : undefined);
  return error === undefined ? replyWithValue(value, headers) : replyWithFailure(error, headers);
}

async function accept(host: Host, wanted: Wanted, body: Buffer, request: FastifyRequest, reply: FastifyReply) {
  const { headers } = request;
  const taskId = headerText(headers, 'x-fc-async-task-id') ?? headerText(headers, 'x-fc-stateful-async-invocation-id');
  if (taskId !== undefined && !taskIdForm.test(taskId)) {
    throw new IsopodError(
      'InvalidArgument',
      'x-fc-async-task-id: starts with a letter or _, then letters, digits, _ and -, 128 characters at most',
    );
  }
  const delay = headerText(headers, 'x-fc-async-delay');
  const delaySeconds = delay === undefined ? undefined : Number(delay);
  const { requestId } = await invokeAsync(host, wanted, body, headerText(headers, 'content-type'), {
    ...(taskId !== undefined && { taskId }),
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...traceOf(headers),
  });
  reply.code(202).header('x-fc-request-id', requestId);
  if (taskId !== undefined)
    reply.headers({ 'x-fc-async-task-id': taskId, 'x-fc-stateful-async-invocation-id': taskId });
  return reply.send('');
}
