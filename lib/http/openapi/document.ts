/** The OpenAPI document of all operations and invocations, made from the schemas that check them. */
import { z } from 'zod';
import { adminOperations } from '../admin/operations.ts';
import type { Operation } from '../call.ts';
import { fc2Operations } from '../fc2/operations.ts';
import { fc3Operations } from '../fc3/routes.ts';
import { lambdaOperations } from '../lambda/routes.ts';
import { observeOperations } from '../observe/operations.ts';

interface Part {
  readonly tag: string;
  readonly prefix: string;
  readonly operations: readonly Operation[];
}

const bytes = { schema: { type: 'string', format: 'binary' } };

const PARTS: readonly Part[] = [
  { tag: 'Function Compute 3.0', prefix: '/2023-03-30', operations: fc3Operations },
  { tag: 'Function Compute 2.0', prefix: '/2016-08-15', operations: fc2Operations('2016-08-15') },
  { tag: 'Lambda', prefix: '', operations: lambdaOperations },
  { tag: 'Host', prefix: '/isopod/v1', operations: [...adminOperations, ...observeOperations] },
];

/** Paths whose bodies are bytes: they have no schema. */
const INVOCATIONS = [
  { tag: 'Function Compute 3.0', name: 'InvokeFunction', path: '/2023-03-30/functions/{functionName}/invocations' },
  {
    tag: 'Function Compute 2.0',
    name: 'InvokeFunction2016',
    path: '/2016-08-15/services/{service}/functions/{function}/invocations',
  },
  { tag: 'Lambda', name: 'Invoke', path: '/2015-03-31/functions/{name}/invocations' },
  {
    tag: 'Lambda',
    name: 'InvokeWithResponseStream',
    path: '/2021-11-15/functions/{name}/response-streaming-invocations',
  },
];

/** What is read for its text. */
const READS = [
  {
    name: 'ReadLogs',
    path: '/isopod/v1/functions/{functionName}/logs',
    summary: 'Recent log lines of a function; with `follow=true` also those that come, as server-sent events.',
    parameters: [
      { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 0, maximum: 10_000, default: 100 } },
      { name: 'follow', in: 'query', schema: { type: 'string', enum: ['true', 'false'], default: 'false' } },
    ],
    types: ['application/json', 'text/event-stream'],
  },
  {
    name: 'ReadMetrics',
    path: '/metrics',
    summary: 'All metrics, as Prometheus reads them.',
    parameters: [],
    types: ['text/plain'],
  },
  { name: 'Healthz', path: '/healthz', summary: 'The process answers.', parameters: [], types: ['application/json'] },
  {
    name: 'Readyz',
    path: '/readyz',
    summary: 'The host takes requests; 503 when it is about to stop.',
    parameters: [],
    types: ['application/json'],
  },
];

type Schema = Record<string, unknown>;

export function openApiDocument(version: string): Schema {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  const toSchema = (schema: z.ZodType, io: 'input' | 'output'): Schema => collect(schemas, schema, io);
  for (const { tag, prefix, operations } of PARTS) {
    for (const operation of operations) {
      const path = prefix + operation.path.replace(/:(\w+)/g, '{$1}');
      const at = paths[path] ?? {};
      paths[path] = at;
      at[operation.method.toLowerCase()] = described(tag, operation, path, toSchema);
    }
  }
  for (const { tag, name, path } of INVOCATIONS) {
    paths[path] = {
      post: {
        operationId: name,
        tags: [tag],
        summary: 'Calls a function: the body is the event, the answer its result.',
        parameters: pathParameters(path),
        requestBody: { content: { 'application/octet-stream': bytes } },
        responses: {
          200: { description: 'The result', content: { 'application/json': {}, 'application/octet-stream': bytes } },
          202: { description: 'Accepted' },
        },
      },
    };
  }
  for (const { name, path, summary, parameters, types } of READS) {
    paths[path] = {
      get: {
        operationId: name,
        tags: ['Host'],
        summary,
        parameters: [...pathParameters(path), ...parameters],
        responses: { 200: { description: summary, content: Object.fromEntries(types.map((type) => [type, {}])) } },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Isopod', version, description: 'The Function Compute and Lambda APIs of an Isopod host.' },
    paths: sorted(paths),
    components: {
      schemas: sorted(schemas),
      securitySchemes: {
        acs3: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'ACS3-HMAC-SHA256, FC or AWS4-HMAC-SHA256 signature',
        },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
    security: [{ acs3: [] }, { token: [] }],
  };
}

function described(
  tag: string,
  operation: Operation,
  path: string,
  toSchema: (schema: z.ZodType, io: 'input' | 'output') => Schema,
) {
  const { name, summary, role, query, body, reply, status } = operation;
  const failure = { description: 'An error', content: { 'application/json': { schema: { type: 'object' } } } };
  return {
    operationId: `${tag === 'Function Compute 3.0' ? '' : `${tag.replace(/[ .]/g, '')}_`}${name}`,
    tags: [tag],
    summary,
    'x-role': role,
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(toSchema(query, 'input')))],
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: toSchema(body, 'input') } } },
    }),
    responses: {
      [status ?? (reply === undefined ? 204 : 200)]: {
        description: summary,
        ...(reply !== undefined && { content: { 'application/json': { schema: toSchema(reply, 'output') } } }),
      },
      default: failure,
    },
  };
}

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(schema: Schema) {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  return Object.entries(properties).map(([name, { description, ...of }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: of,
  }));
}

/** Named schemas go into the components, once each. */
function collect(schemas: Record<string, Schema>, schema: z.ZodType, io: 'input' | 'output'): Schema {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema;
  const { $schema: _, $defs, id, ...own } = made;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Schema>)) {
    const { id: _id, ...rest } = definition;
    schemas[name] ??= moved(rest) as Schema;
  }
  if (typeof id !== 'string') return moved(own) as Schema;
  schemas[id] ??= moved(own) as Schema;
  return { $ref: `#/components/schemas/${id}` };
}

function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', '#/components/schemas/') : moved(inner),
    ]),
  );
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
