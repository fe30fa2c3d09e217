/** What happens to async events of a function and qualifier, as the APIs say it: read from requests, found, listed. */
import { z } from 'zod';
import { nameIn, type Tenant } from '../tenant/tenants.ts';
import type { AsyncInvokeConfigInfo, AsyncInvokeSettings } from '../types.ts';
import type { Host } from './host.ts';

const destination = z.looseObject({ destination: z.string().nullish() }).nullish();

/** Fields Function Compute has, and those of ours that can be said as JSON. Bounds are the engine's to check. */
export const asyncConfigFields = {
  maxAsyncRetryAttempts: z.number().nullish().describe('Retries after a function error, 0-8; default 3.'),
  maxAsyncEventAgeInSeconds: z.number().nullish().describe('1-2,592,000; default: events do not grow too old.'),
  destinationConfig: z
    .looseObject({ onSuccess: destination, onFailure: destination })
    .nullish()
    .describe('Where outcomes are sent: ARNs, http(s) addresses, `dead-letter`.'),
  systemErrorPolicy: z.enum(['unlimited', '5h', 'none']).nullish(),
  retryBackoffMs: z.number().nullish(),
  maxRetryBackoffMs: z.number().nullish(),
};
type Fields = z.output<z.ZodObject<typeof asyncConfigFields>>;

export const asyncConfigModel = z.looseObject({
  createdTime: z.string(),
  lastModifiedTime: z.string(),
  ...asyncConfigFields,
});

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** What a request says; an empty destination is none. */
export function settingsOf(fields: Fields, asyncTask: boolean | null | undefined): AsyncInvokeSettings {
  const { destinationConfig: to, ...rest } = fields;
  const place = (said: { readonly destination?: string | null | undefined } | null | undefined) =>
    said?.destination ? { destination: said.destination } : undefined;
  const said = Object.keys(asyncConfigFields)
    .filter((name) => given(rest[name as keyof typeof rest]))
    .map((name) => [name, rest[name as keyof typeof rest]]);
  return {
    ...Object.fromEntries(said),
    ...(given(asyncTask) && { asyncTask }),
    ...(given(to) && { destinationConfig: { onSuccess: place(to.onSuccess), onFailure: place(to.onFailure) } }),
  };
}

/** Those of a function, or of all functions of a tenant; by function and qualifier. */
export async function configsOf(host: Host, tenant: Tenant, name?: string): Promise<AsyncInvokeConfigInfo[]> {
  const names = name === undefined ? host.functions.list(tenant).map((of) => of.name) : [name];
  const found: AsyncInvokeConfigInfo[] = [];
  for (const one of names) {
    let nextToken: string | undefined;
    do {
      const functionName = nameIn(tenant.name, one);
      const page = await host.engine.listAsyncInvokeConfigs({ functionName, limit: 100, nextToken });
      found.push(...page.configs);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  return found;
}
