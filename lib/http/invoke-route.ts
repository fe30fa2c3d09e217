/**
 * Sync invocations by HTTP/1.1 without the framework in between: what has nothing but a function's name in its path and asks
 * for nothing special is answered here, everything else is left to the routes. One class because it is one way through:
 * headers, body, call, answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance } from '../instance/instance.ts';
import type { BodySink } from '../invoke/body-call.ts';
import { bytesOf } from '../invoke/payload.ts';
import { KIND_BINARY, KIND_UNDEFINED, requestIdOf } from '../protocol/door.ts';
import type { Identity } from '../tenant/access-keys.ts';
import type { Meter } from '../tenant/meter.ts';
import { includes } from '../tenant/roles.ts';
import { nameIn } from '../tenant/tenants.ts';
import type { ResultStream, StreamHead } from '../types.ts';
import type { Authenticator, Pending } from './auth/authenticator.ts';
import { type Dialect, fcDialect, lambdaDialect } from './dialect.ts';
import { streamHeaders } from './fc3/invoke.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { Host } from './host.ts';
import { billedMs } from './invocation.ts';
import { Pieces, whenGone } from './pieces.ts';
import { failureBody, failureKind } from './reply.ts';
import { LATEST } from './versions.ts';

type Request = IncomingMessage & { readonly url: string; readonly method: string };
type Response = ServerResponse;

const FC_BEFORE = '/2023-03-30/functions/';
const LAMBDA_BEFORE = '/2015-03-31/functions/';
const AFTER = '/invocations';
/** A name that needs no decoding, and says no qualifier. */
const PLAIN = /^[\w$-]+$/;

/** Headers that ask for more than the plain way gives. */
const FC_SPECIAL = ['x-fc-invocation-type', 'x-fc-log-type', 'x-fc-async-task-id'] as const;
const LAMBDA_SPECIAL = ['x-amz-invocation-type', 'x-amz-log-type', 'x-amz-client-context'] as const;

const EMPTY = Buffer.alloc(0);

export class InvokeRoute {
  readonly #host: Host;
  readonly #authenticator: Authenticator;
  readonly #gateway: Gateway;
  readonly #maxBytes: number;

  constructor(host: Host, authenticator: Authenticator, gateway: Gateway) {
    this.#host = host;
    this.#authenticator = authenticator;
    this.#gateway = gateway;
    this.#maxBytes = host.settings.maxSyncBytes;
  }

  /** False: the request is not for this way, and nothing of it was touched. */
  take(request: Request, response: Response): boolean {
    const { url, method, headers } = request;
    if (method !== 'POST' || !url.endsWith(AFTER) || this.#host.isStopping) return false;
    const isFc = url.startsWith(FC_BEFORE);
    if (!isFc && !url.startsWith(LAMBDA_BEFORE)) return false;
    const name = url.slice(isFc ? FC_BEFORE.length : LAMBDA_BEFORE.length, -AFTER.length);
    if (headers.host !== undefined && this.#gateway.isAddress(headers.host)) return false;
    if (!PLAIN.test(name) || headers.expect !== undefined || headers.traceparent !== undefined) return false;
    for (const special of isFc ? FC_SPECIAL : LAMBDA_SPECIAL) {
      const value = headers[special];
      if (value !== undefined && value !== 'Sync' && value !== 'None' && value !== 'RequestResponse') return false;
    }
    new Invocation(this.#host, isFc, name, request, response).begin(this.#authenticator, this.#maxBytes);
    return true;
  }
}

/** One request on its way, from its headers to its answer: one object, because each costs the hot path. */
class Invocation implements BodySink, ResultStream {
  readonly #host: Host;
  readonly #isFc: boolean;
  readonly #name: string;
  readonly #request: Request;
  readonly #response: Response;
  #first: Buffer | undefined = undefined;
  #more: Buffer[] | undefined = undefined;
  #size = 0;
  #pending: Pending | undefined = undefined;
  #meter: Meter | undefined = undefined;
  beganAt = 0;
  /** The call was let in and has not been billed. */
  #isOpen = false;
  #tookMs = 0;
  /** Of the call. */
  isJson = false;
  readonly emptyBody: string;
  definition: Definition | undefined = undefined;
  ended: () => void = ignore;
  /** Made when the function begins to answer in pieces. */
  #pieces: Pieces | undefined = undefined;

  constructor(host: Host, isFc: boolean, name: string, request: Request, response: Response) {
    this.#host = host;
    this.#isFc = isFc;
    this.#name = name;
    this.#request = request;
    this.#response = response;
    this.emptyBody = isFc ? 'null' : '{}';
  }

  begin(authenticator: Authenticator, maxBytes: number): void {
    const request = this.#request;
    try {
      this.#pending = authenticator.begin(request, request.socket.remoteAddress);
      if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    request.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > maxBytes) this.#refuse(tooLarge(maxBytes));
      else if (this.#first === undefined) this.#first = chunk;
      else if (this.#more === undefined) this.#more = [this.#first, chunk];
      else this.#more.push(chunk);
    });
    request.on('end', () => {
      if (!this.#response.writableEnded) this.#run();
    });
    // Without a listener a client that goes away in the middle would end the process.
    request.on('error', ignore);
  }

  #run(): void {
    const body = this.#more === undefined ? (this.#first ?? EMPTY) : Buffer.concat(this.#more, this.#size);
    const host = this.#host;
    try {
      const identity = (this.#pending as Pending).finish(body);
      checkRole(identity);
      const meter = host.meterOf(host.tenants.get(identity.tenant));
      const full = nameIn(identity.tenant, this.#name);
      const now = performance.now();
      meter.request(now);
      host.checkEnabled(full, this.#name);
      meter.begin(now);
      this.#meter = meter;
      this.#isOpen = true;
      this.beganAt = now;
      meter.usage.ingressBytes += body.length;
      this.isJson = !this.#isFc || this.#request.headers['content-type']?.includes('json') === true;
      const giveUp = host.engine.invokeBody(full, LATEST, body, this);
      if (giveUp !== undefined) this.#waitFor(full, giveUp);
    } catch (error) {
      this.#settle(undefined);
      this.#refuse(error);
    }
  }

  /** The call goes on: it ends when its caller goes away, or the function is switched off. */
  #waitFor(full: string, giveUp: (reason: unknown) => void): void {
    this.#host.ongoing.add(full, giveUp);
    this.#response.once('close', () => this.#host.ongoing.remove(full, giveUp));
    whenGone(this.#response, () => this.#pieces?.started === true, giveUp);
  }

  /** Lambda's plain invocation has whole results only. */
  get stream(): ResultStream | undefined {
    return this.#isFc ? this : undefined;
  }

  start(head: StreamHead): void {
    const response = this.#response;
    this.#pieces = new Pieces(response, {
      meter: this.#meter as Meter,
      maxBytes: this.#host.settings.maxStreamBytes,
      begin: (told) => {
        if (this.#host.isStopping) response.shouldKeepAlive = false;
        response.writeHead(200, streamHeaders(told));
      },
    });
    this.#pieces.start(head);
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    return this.#pieces?.write(piece);
  }

  succeeded(call: Call, kind: number, payload: unknown): void {
    this.ended();
    this.#settle(undefined, call.cpuMs);
    if (this.#pieces?.started === true) return this.#pieces.finish(false);
    const result =
      kind === KIND_UNDEFINED ? '' : kind === KIND_BINARY ? bytesOf(payload as string) : JSON.stringify(payload);
    this.answered(call.no, call.instance, result);
  }

  failed(call: Call, error: IsopodError): void {
    this.ended();
    this.#settle(error, billedMs(error, call.instance !== undefined, call.cpuMs));
    if (this.#pieces?.started === true) return this.#pieces.finish(true);
    this.refused(call.no, call.instance, error);
  }

  /** FC gives text as it is; in Lambda every result is JSON. */
  answered(no: number, instance: Instance | undefined, result: string | Uint8Array): void {
    this.#settle(undefined);
    if (typeof result !== 'string') this.#write(no, instance, 'application/octet-stream', undefined, result);
    else if (!this.#isFc) this.#write(no, instance, JSON_TYPE, undefined, result === '' ? 'null' : result);
    else if (result === '') this.#write(no, instance, '', undefined, result);
    else if (result.charCodeAt(0) !== QUOTE) this.#write(no, instance, JSON_TYPE, undefined, result);
    else this.#write(no, instance, 'text/plain; charset=utf-8', undefined, JSON.parse(result) as string);
  }

  refused(no: number, instance: Instance | undefined, error: IsopodError): void {
    this.#settle(error);
    if (error.kind === 'function' && error.status === 200) {
      const body = failureBody(error, this.#isFc ? 'stackTrace' : 'trace');
      this.#write(no, instance, JSON_TYPE, failureKind(error), body);
      return;
    }
    error.requestId ??= this.#requestId(no);
    this.#refuse(error);
  }

  #requestId(no: number): string {
    return requestIdOf((this.definition as Definition).bootFacts.requestPrefix, no);
  }

  /** The bill, once. A call that was answered in place held the processor all the time. */
  #settle(error: IsopodError | undefined, cpuMs?: number): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const meter = this.#meter as Meter;
    const now = performance.now();
    this.#tookMs = now - this.beganAt;
    if (error?.kind === 'function') meter.usage.functionErrors++;
    meter.end(cpuMs ?? this.#tookMs, this.#tookMs, this.definition?.declared.memorySize ?? 0, now);
  }

  #write(
    no: number,
    instance: Instance | undefined,
    type: string,
    failure: 'Handled' | 'Unhandled' | undefined,
    body: string | Uint8Array,
  ): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    const headers: string[] = ['content-length', `${length}`];
    if (type !== '') headers.push('content-type', type);
    const requestId = this.#requestId(no);
    if (this.#isFc) fcHeaders(headers, requestId, instance, this.#tookMs, failure);
    else lambdaHeaders(headers, requestId, failure);
    if (this.#host.isStopping) this.#response.shouldKeepAlive = false;
    this.#meter?.sent(length, this.beganAt + this.#tookMs);
    this.#response.writeHead(200, headers);
    // Text of ASCII alone is the same either way, and written faster together with its headers.
    if (typeof body === 'string' && length === body.length) this.#response.end(body, 'latin1');
    else this.#response.end(body);
  }

  #refuse(thrown: unknown): void {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return;
    const error = toIsopodError(thrown);
    const dialect: Dialect = this.#isFc ? fcDialect : lambdaDialect;
    const { status, headers, body } = dialect.problem(error, error.requestId ?? this.#host.newRequestId());
    // A body that was not read to its end cannot be followed by another request.
    if (!this.#request.complete) {
      response.setHeader('connection', 'close');
      this.#request.resume();
    }
    response.writeHead(status, headers).end(body);
  }
}

const JSON_TYPE = 'application/json';
const QUOTE = 0x22;
const ignore = (): void => undefined;

function checkRole({ role, accessKeyId }: Identity): void {
  if (includes(role, 'invoke')) return;
  throw new IsopodError('AccessDenied', `The key ${accessKeyId} has the role ${role}; this needs invoke`);
}

function tooLarge(maxBytes: number): IsopodError {
  return new IsopodError('PayloadTooLarge', `payload size exceeds maximum allowed size (${maxBytes} bytes)`);
}

function fcHeaders(
  headers: string[],
  requestId: string,
  instance: Instance | undefined,
  ms: number,
  failure: string | undefined,
): void {
  headers.push('x-fc-request-id', requestId, 'x-fc-invocation-duration', `${Math.ceil(ms)}`);
  if (instance !== undefined)
    headers.push('x-fc-instance-id', instance.id, 'x-fc-max-memory-usage', memoryOf(instance));
  if (failure !== undefined) headers.push('x-fc-error-type', `${failure}InvocationError`);
}

function lambdaHeaders(headers: string[], requestId: string, failure: string | undefined): void {
  headers.push('x-amzn-requestid', requestId, 'x-amz-executed-version', '$LATEST');
  if (failure !== undefined) headers.push('x-amz-function-error', failure);
}

/** Looking into a heap costs more than a call, so a look serves for a while. */
const LOOK_EVERY_MS = 1_000;
const looks = new WeakMap<object, { text: string; at: number }>();

function memoryOf(instance: { heapUsedBytes(): number }): string {
  const known = looks.get(instance);
  const now = performance.now();
  if (known !== undefined && now - known.at < LOOK_EVERY_MS) return known.text;
  const text = (instance.heapUsedBytes() / 1_048_576).toFixed(2);
  looks.set(instance, { text, at: now });
  return text;
}
