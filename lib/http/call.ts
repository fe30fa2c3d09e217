/** One API operation: how it is described, checked, documented and run; and one request for it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Identity } from '../tenant/access-keys.ts';
import type { Role } from '../tenant/roles.ts';
import type { Tenant } from '../tenant/tenants.ts';
import type { Host } from './host.ts';

export interface ApiCall<Query, Body> {
  readonly host: Host;
  readonly identity: Identity;
  readonly tenant: Tenant;
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** Scheme, host and port the client called. */
  readonly origin: string;
}

/** An answer that is more than a JSON value with the operation's usual status. */
export class Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: an empty body. */
  readonly body: string | Uint8Array | undefined;

  constructor(status: number, headers: Readonly<Record<string, string>> = {}, body?: string | Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Operation {
  readonly name: string;
  readonly method: Method;
  /** Below the version's prefix; `:name` stands for a part. */
  readonly path: string;
  readonly summary: string;
  /** What the caller's key must be allowed. */
  readonly role: Role;
  readonly query?: z.ZodObject | undefined;
  /** Schema of the JSON body; none: the body is not looked at. */
  readonly body?: z.ZodType | undefined;
  /** What a successful answer holds; none: it is empty. */
  readonly reply?: z.ZodType | undefined;
  /** Default 200 with a reply, 204 without one. */
  readonly status?: number | undefined;
  /** The body may be a code package. */
  readonly carriesCode?: boolean | undefined;
  run(call: ApiCall<unknown, unknown>): unknown;
}

type Told<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;

/** Describes an operation; the types of what `run` gets come from the schemas. */
export function operation<Q extends z.ZodObject | undefined = undefined, B extends z.ZodType | undefined = undefined>(
  described: Omit<Operation, 'query' | 'body' | 'run'> & {
    readonly query?: Q;
    readonly body?: B;
    run(call: ApiCall<Told<Q>, Told<B>>): unknown;
  },
): Operation {
  return described as unknown as Operation;
}
