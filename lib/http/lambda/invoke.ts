/** Lambda: invocations. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import type { InvokeStatus } from '../../types.ts';
import { parseLambdaName } from '../arn.ts';
import type { Host } from '../host.ts';
import { invokeAsync, invokeSync, type Outcome, traceOf, type Wanted } from '../invocation.ts';
import { lambdaLogTail } from '../log-tail.ts';
import { callerOf, headerText } from '../operations.ts';
import { whenGone } from '../pieces.ts';
import { failureBody, failureKind } from '../reply.ts';
import type { ApiServer } from '../server.ts';
import { LATEST } from '../versions.ts';
import { normal } from './reference.ts';
import { invokeInPieces } from './stream.ts';

type Named = { Params: { name: string }; Querystring: { Qualifier?: string } };

/** `prefix`: the dated first part of the path the scope was made for. */
export function addInvocations(app: ApiServer, host: Host, prefix: string): void {
  const { maxSyncBytes: bodyLimit } = host.settings;
  if (prefix === '/2015-03-31') {
    app.post<Named>('/functions/:name/invocations', { bodyLimit }, (request, reply) => invoke(host, request, reply));
  }
  if (prefix === '/2021-11-15') {
    app.post<Named>('/functions/:name/response-streaming-invocations', { bodyLimit }, (request, reply) =>
      invokeInPieces(host, request, reply),
    );
  }
  if (prefix === '/2014-11-13') {
    app.post<Named>('/functions/:name/invoke-async', { bodyLimit }, (request, reply) => accept(host, request, reply));
  }
}

type Request = FastifyRequest<Named>;

export function wantedBy(host: Host, request: Request): Wanted {
  const { tenant } = callerOf(host, request, 'invoke');
  const { name, qualifier } = parseLambdaName(request.params.name);
  return { tenant, functionName: name, qualifier: normal(qualifier ?? request.query.Qualifier) ?? 'LATEST' };
}

/** An event is JSON, or nothing, which stands for an empty object. */
const EMPTY = Buffer.from('{}');
export const bodyOf = ({ body }: Request): Buffer => {
  const bytes = body as Buffer | undefined;
  return bytes === undefined || bytes.byteLength === 0 ? EMPTY : bytes;
};

async function invoke(host: Host, request: Request, reply: FastifyReply): Promise<FastifyReply> {
  const type = headerText(request.headers, 'x-amz-invocation-type') ?? 'RequestResponse';
  if (type === 'Event') return accept(host, request, reply);
  const wanted = wantedBy(host, request);
  if (type === 'DryRun') {
    host.functions.get(wanted.tenant, wanted.functionName);
    host.checkEnabled(nameIn(wanted.tenant.name, wanted.functionName), wanted.functionName);
    return reply.code(204).header('x-amzn-requestid', request.requestId).send();
  }
  if (type !== 'RequestResponse') {
    throw new IsopodError(
      'InvalidArgument',
      `X-Amz-Invocation-Type must be RequestResponse, Event or DryRun, got ${type}`,
    );
  }
  const meter = host.meterOf(wanted.tenant);
  const body = bodyOf(request);
  meter.usage.ingressBytes += body.byteLength;
  const gone = new AbortController();
  const settled = whenGone(
    reply.raw,
    () => false,
    (reason) => gone.abort(reason),
  );
  try {
    const outcome = await invokeSync(host, wanted, body, 'application/json', gone, traceOf(request.headers));
    const answer = answerOf(outcome);
    meter.sent(answer.byteLength, performance.now());
    return reply.code(200).headers(headersOf(outcome, request)).send(answer);
  } finally {
    settled();
  }
}

function answerOf({ value, error }: Outcome): Uint8Array {
  return error === undefined ? resultBytes(value) : Buffer.from(failureBody(error, 'trace'));
}

/** Results are JSON; bytes, which Lambda has not, go as they are. */
export const resultBytes = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value ?? null));

/** The version that took the call, as Lambda writes it. */
export const shownVersion = ({ versionId }: Pick<InvokeStatus, 'versionId'>): string =>
  versionId === undefined || versionId === LATEST ? '$LATEST' : versionId;

function headersOf({ status, value, error }: Outcome, request: Request): Record<string, string> {
  const isBytes = error === undefined && value instanceof Uint8Array;
  const failure = error && failureKind(error);
  const wantsLogs = headerText(request.headers, 'x-amz-log-type') === 'Tail';
  const version = shownVersion(status);
  return {
    'content-type': isBytes ? 'application/octet-stream' : 'application/json',
    'x-amzn-requestid': status.requestId ?? request.requestId,
    'x-amz-executed-version': version,
    ...(failure !== undefined && { 'x-amz-function-error': failure }),
    ...(wantsLogs && { 'x-amz-log-result': lambdaLogTail(status, version) }),
  };
}

async function accept(host: Host, request: Request, reply: FastifyReply): Promise<FastifyReply> {
  const wanted = wantedBy(host, request);
  const body = bodyOf(request);
  host.meterOf(wanted.tenant).usage.ingressBytes += body.byteLength;
  const { requestId } = await invokeAsync(host, wanted, body, 'application/json', traceOf(request.headers));
  return reply.code(202).header('x-amzn-requestid', requestId).send('');
}
