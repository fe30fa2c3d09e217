/** Operations as routes: the caller's role, query and body checked, the answer written. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import type { Identity } from '../tenant/access-keys.ts';
import { includes, type Role } from '../tenant/roles.ts';
import type { Tenant } from '../tenant/tenants.ts';
import { Answer, type ApiCall, type Operation } from './call.ts';
import type { Dialect } from './dialect.ts';
import type { Host } from './host.ts';
import type { ApiServer } from './server.ts';

/** A code package in Base64 with its JSON around it. */
const CODE_OVERHEAD = 65_536;

export function addOperations(app: ApiServer, host: Host, dialect: Dialect, operations: readonly Operation[]): void {
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: operation.path,
      ...(operation.carriesCode === true && { bodyLimit: host.settings.maxCodeBytes + CODE_OVERHEAD }),
      handler: (request, reply) => answer(host, dialect, operation, request, reply),
    });
  }
}

async function answer(
  host: Host,
  dialect: Dialect,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { identity, tenant } = callerOf(host, request, operation.role);
  const call: ApiCall<unknown, unknown> = {
    host,
    identity,
    tenant,
    params: request.params as Record<string, string>,
    query: operation.query && parseQuery(operation.query, request.query as Record<string, unknown>, operation.name),
    body: operation.body && parse(operation.body, jsonOf(request.body as Buffer | undefined), operation.name),
    headers: request.headers,
    requestId: request.requestId,
    origin: originOf(request),
  };
  const result = await operation.run(call);
  if (result instanceof Answer) {
    return reply
      .code(result.status)
      .headers({ [dialect.requestIdHeader]: request.requestId, ...result.headers })
      .send(result.body ?? '');
  }
  const isEmpty = operation.reply === undefined;
  reply.code(operation.status ?? (isEmpty ? 204 : 200)).header(dialect.requestIdHeader, request.requestId);
  if (isEmpty) return reply.send();
  return reply.header('content-type', 'application/json').send(JSON.stringify(result ?? {}));
}

/** Throws `AccessDenied` when the key's role is not enough. */
export function callerOf(host: Host, request: FastifyRequest, needed: Role): { identity: Identity; tenant: Tenant } {
  const identity = request.identity as Identity;
  if (!includes(identity.role, needed)) {
    throw new IsopodError(
      'AccessDenied',
      `The key ${identity.accessKeyId} has the role ${identity.role}; this needs ${needed}`,
    );
  }
  return { identity, tenant: host.tenants.get(identity.tenant) };
}

/** Unknown items are let be, unless the schema takes them; of one that comes twice the last counts, unless it is a list. */
function parseQuery(schema: z.ZodObject, query: Record<string, unknown>, name: string): unknown {
  const wanted: Record<string, unknown> = {};
  const takesAll = schema.def.catchall !== undefined;
  for (const key of Object.keys(takesAll ? { ...schema.shape, ...query } : schema.shape)) {
    const value = query[key];
    const takesList = Array.isArray(value) && (schema.shape[key] as z.ZodType | undefined)?.safeParse(value).success;
    const one = Array.isArray(value) && !takesList ? value.at(-1) : value;
    if (one !== undefined && one !== '') wanted[key] = one;
  }
  return parse(schema, wanted, name);
}

export function jsonOf(body: Buffer | undefined): unknown {
  if (body === undefined || body.byteLength === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
  }
}

export function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host || 'localhost'}`;
}

export const headerText = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
