/** Lambda: a result in pieces, as the messages of an event stream (application/vnd.amazon.eventstream). */
import { crc32 } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IsopodError } from '../../errors.ts';
import type { StreamHead } from '../../types.ts';
import type { Host } from '../host.ts';
import { invokeSync, type Outcome, traceOf } from '../invocation.ts';
import { lambdaLogTail } from '../log-tail.ts';
import { headerText } from '../operations.ts';
import { type Pieces, withPieces } from '../pieces.ts';
import { failureBody, failureKind } from '../reply.ts';
import { LATEST } from '../versions.ts';
import { bodyOf, resultBytes, shownVersion, wantedBy } from './invoke.ts';

const EVENT_STREAM = 'application/vnd.amazon.eventstream';
/** A header's value is text. */
const TEXT = 7;
/** What Lambda puts between an HTTP answer's status and headers, as JSON, and its body. */
const PRELUDE_END = Buffer.alloc(8);

export async function invokeInPieces(
  host: Host,
  request: FastifyRequest<{ Params: { name: string }; Querystring: { Qualifier?: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const wanted = wantedBy(host, request);
  const body = bodyOf(request);
  const meter = host.meterOf(wanted.tenant);
  meter.usage.ingressBytes += body.byteLength;
  const run = async (stream: Pieces, gone: AbortController): Promise<Outcome> => {
    const outcome = await invokeSync(host, wanted, body, 'application/json', gone, {
      ...traceOf(request.headers),
      stream,
    });
    const { status, error, value } = outcome;
    const version = shownVersion(status);
    const isTailed = headerText(request.headers, 'x-amz-log-type') === 'Tail';
    if (!stream.started) {
      // Every function can be asked this way: a whole result is one piece.
      const { requestId = request.requestId, instanceId = '', versionId = LATEST } = status;
      stream.start({ requestId, instanceId, versionId });
      if (error === undefined) await stream.write(resultBytes(value));
    }
    reply.raw.write(completion(error, isTailed ? lambdaLogTail(status, version) : undefined));
    // A failure is told in the last message, so the end is one.
    return { status };
  };
  const options = {
    meter,
    maxBytes: host.settings.maxStreamBytes,
    begin: (head: StreamHead) => {
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': EVENT_STREAM,
        'x-amzn-requestid': head.requestId,
        'x-amz-executed-version': shownVersion(head),
      });
      if (head.statusCode !== undefined) reply.raw.write(chunk(preludeOf(head)));
    },
    frame: chunk,
  };
  await withPieces(reply.raw, options, run);
  return reply;
}

const chunk = (piece: Uint8Array): Buffer => message('PayloadChunk', 'application/octet-stream', piece);

function preludeOf({ statusCode, headers = {}, cookies = [] }: StreamHead): Buffer {
  return Buffer.concat([Buffer.from(JSON.stringify({ statusCode, headers, cookies })), PRELUDE_END]);
}

function completion(error: IsopodError | undefined, tail: string | undefined): Buffer {
  const told = {
    ...(error !== undefined && { ErrorCode: failureKind(error), ErrorDetails: failureBody(error, 'trace') }),
    ...(tail !== undefined && { LogResult: tail }),
  };
  return message('InvokeComplete', 'application/json', Buffer.from(JSON.stringify(told)));
}

/** Lengths, headers and payload between two checksums. */
export function message(event: string, contentType: string, payload: Uint8Array): Buffer {
  const headers = Buffer.concat([
    header(':message-type', 'event'),
    header(':event-type', event),
    header(':content-type', contentType),
  ]);
  const whole = Buffer.alloc(16 + headers.byteLength + payload.byteLength);
  whole.writeUInt32BE(whole.byteLength, 0);
  whole.writeUInt32BE(headers.byteLength, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  headers.copy(whole, 12);
  whole.set(payload, 12 + headers.byteLength);
  whole.writeUInt32BE(crc32(whole.subarray(0, -4)), whole.byteLength - 4);
  return whole;
}

function header(name: string, value: string): Buffer {
  const head = Buffer.from([name.length, ...Buffer.from(name), TEXT, value.length >> 8, value.length & 0xff]);
  return Buffer.concat([head, Buffer.from(value)]);
}
