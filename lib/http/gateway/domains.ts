/** Custom domains: names of hosts, and which function answers which of their paths. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { type Catalog, documents } from '../../store/catalog.ts';
import { Changes } from '../../store/changes.ts';

const KIND = 'custom-domain';

const rule = z.looseObject({ match: z.string().max(1_024), replacement: z.string().max(1_024) });
const rewrite = z.looseObject({
  equalRules: z.array(rule).optional(),
  wildcardRules: z.array(rule).optional(),
  regexRules: z.array(rule).optional(),
});

export const route = z.looseObject({
  path: z.string().regex(/^\//, 'begins with /').max(1_024).describe('`/exact`, or `/below/*`.'),
  functionName: z.string().min(1).max(256),
  qualifier: z.string().optional(),
  methods: z.array(z.string()).optional(),
  rewriteConfig: rewrite.optional(),
  payloadFormat: z
    .enum(['v1', 'apigateway'])
    .optional()
    .describe('What the function gets; v1 by default. Of this host alone.'),
});
export type Route = z.output<typeof route>;

const domainName = z
  .string()
  .max(253)
  .regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a host name in lower case');

export const corsConfig = z.looseObject({
  allowOrigins: z.array(z.string()).optional(),
  allowMethods: z.array(z.string()).optional(),
  allowHeaders: z.array(z.string()).optional(),
  exposeHeaders: z.array(z.string()).optional(),
  allowCredentials: z.boolean().optional(),
  maxAge: z.number().optional(),
});
export type CorsConfig = z.output<typeof corsConfig>;

const settings = {
  protocol: z.string().optional(),
  routeConfig: z.looseObject({ routes: z.array(route).optional() }).optional(),
  corsConfig: corsConfig.optional(),
  authConfig: z
    .looseObject({ authType: z.enum(['anonymous', 'function', 'jwt']).optional(), authInfo: z.string().optional() })
    .optional(),
};
export const domainInput = z.looseObject(settings);
export const createDomainInput = z.looseObject({ domainName, ...settings });

export interface Domain extends z.output<typeof domainInput> {
  readonly domainName: string;
  readonly tenant: string;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

export class Domains {
  readonly #changes: Changes<Domain>;
  readonly #known = new Map<string, Domain>();

  private constructor(catalog: Catalog) {
    this.#changes = new Changes(catalog, KIND);
  }

  static async open(catalog: Catalog): Promise<Domains> {
    const domains = new Domains(catalog);
    for await (const { key, value } of documents<Domain>(catalog, KIND)) domains.#known.set(key, value);
    catalog.watch<Domain>(KIND, '', ({ key, value }) => {
      if (value === undefined) domains.#known.delete(key);
      else domains.#known.set(key, value);
    });
    return domains;
  }

  /** By the name of a host; names are everybody's. */
  find(name: string): Domain | undefined {
    return this.#known.get(name);
  }

  /** Throws `DomainNameNotFound`, also for one of another tenant. */
  get(tenant: string, name: string): Domain {
    const domain = this.#known.get(name);
    if (domain?.tenant === tenant) return domain;
    throw notFound(name);
  }

  list(tenant: string, prefix = ''): Domain[] {
    return [...this.#known.values()].filter((one) => one.tenant === tenant && one.domainName.startsWith(prefix));
  }

  /** Rejects with `DomainNameAlreadyExists` or `ConcurrentUpdateError`. */
  create(tenant: string, given: z.output<typeof createDomainInput>): Promise<Domain> {
    return this.#changes.make(given.domainName, (before) => {
      if (before !== undefined) {
        throw new IsopodError('DomainNameAlreadyExists', `domain name '${given.domainName}' already exists`);
      }
      const now = new Date().toISOString();
      return { ...given, tenant, createdTime: now, lastModifiedTime: now };
    });
  }

  /** Changes what is given. Rejects with `DomainNameNotFound` or `ConcurrentUpdateError`. */
  update(tenant: string, name: string, given: z.output<typeof domainInput>): Promise<Domain> {
    return this.#changes.make(name, (before) => {
      if (before?.tenant !== tenant) throw notFound(name);
      const { domainName, createdTime } = before;
      return { ...before, ...given, domainName, tenant, createdTime, lastModifiedTime: new Date().toISOString() };
    });
  }

  async remove(tenant: string, name: string): Promise<void> {
    this.get(tenant, name);
    await this.#changes.remove(name);
  }
}

const notFound = (name: string): IsopodError =>
  new IsopodError('DomainNameNotFound', `domain name '${name}' does not exist`);
