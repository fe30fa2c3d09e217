/** Log lines over HTTP: the recent ones as JSON, or a stream of server-sent events that goes on with what comes. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KeptLine } from '../../observe/log-ring.ts';
import { nameIn } from '../../tenant/tenants.ts';
import type { Host } from '../host.ts';
import { callerOf, headerText } from '../operations.ts';
import type { ApiServer } from '../server.ts';

/** A reader who is so many bytes behind loses lines, and is told. */
const MAX_BEHIND_BYTES = 1_048_576;
/** Milliseconds between two signs of life, so that nothing on the way takes a silent stream for dead. */
const HEARTBEAT_MS = 15_000;

interface Query {
  readonly follow?: string;
  readonly limit?: string;
}

export function addLogRoute(api: ApiServer, host: Host): void {
  api.get<{ Params: { functionName: string }; Querystring: Query }>(
    '/functions/:functionName/logs',
    (request, reply) => {
      const { tenant } = callerOf(host, request, 'invoke');
      const { functionName } = request.params;
      host.functions.get(tenant, functionName);
      const name = nameIn(tenant.name, functionName);
      const limit = Math.min(10_000, Math.max(0, Number(request.query.limit ?? 100) || 0));
      const after = Number(headerText(request.headers, 'last-event-id') ?? 0) || 0;
      const recent = host.observation.logs.recent(name, limit, after);
      if (request.query.follow !== 'true') return reply.send(JSON.stringify({ lines: recent.map(told) }));
      stream(host, name, recent, request, reply);
      return reply;
    },
  );
}

const told = ({ seq, time, requestId, instanceId, versionId, line }: KeptLine) => ({
  seq,
  time,
  requestId,
  instanceId,
  versionId,
  line,
});

function stream(
  host: Host,
  name: string,
  recent: readonly KeptLine[],
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { observation } = host;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-fc-request-id': request.requestId,
  });
  let leftOut = 0;
  const write = (line: KeptLine): void => {
    if (raw.writableLength > MAX_BEHIND_BYTES) {
      leftOut++;
      return;
    }
    if (leftOut > 0) raw.write(`event: gap\ndata: ${leftOut}\n\n`);
    leftOut = 0;
    raw.write(`id: ${line.seq}\ndata: ${JSON.stringify(told(line))}\n\n`);
  };
  raw.write(': the log of a function\n\n');
  for (const line of recent) write(line);
  const unfollow = observation.logs.follow(name, write);
  const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS).unref();
  const end = (): void => {
    unfollow();
    clearInterval(heartbeat);
    observation.streams.delete(end);
    raw.end();
  };
  observation.streams.add(end);
  raw.once('close', end);
}
