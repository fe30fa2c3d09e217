/** Lambda: what happens to async events. Its terms for what Function Compute calls an async invoke config. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn, splitName } from '../../tenant/tenants.ts';
import type { AsyncInvokeConfigInfo, AsyncInvokeSettings } from '../../types.ts';
import { lambdaArn } from '../arn.ts';
import { configsOf, settingsOf } from '../async-configs.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import { page } from '../paging.ts';
import { LATEST } from '../versions.ts';
import { referenceOf } from './reference.ts';

type Call = ApiCall<unknown, unknown>;

const place = z.looseObject({ Destination: z.string().nullish() }).nullish();
const input = z.looseObject({
  MaximumRetryAttempts: z.number().int().min(0).max(2).nullish(),
  MaximumEventAgeInSeconds: z.number().int().min(60).max(21_600).nullish(),
  DestinationConfig: z.looseObject({ OnSuccess: place, OnFailure: place }).nullish(),
});
const model = input.extend({ FunctionArn: z.string(), LastModified: z.number().describe('Seconds since the epoch.') });

function fromLambda({ MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig: to }: z.output<typeof input>) {
  const place = (said: { readonly Destination?: string | null | undefined } | null | undefined) =>
    said && { destination: said.Destination };
  const destinationConfig = to && { onSuccess: place(to.OnSuccess), onFailure: place(to.OnFailure) };
  const maxAsyncRetryAttempts = MaximumRetryAttempts;
  return settingsOf(
    { maxAsyncRetryAttempts, maxAsyncEventAgeInSeconds: MaximumEventAgeInSeconds, destinationConfig },
    undefined,
  );
}

function toLambda(call: Pick<Call, 'host' | 'tenant'>, { functionName, qualifier, ...said }: AsyncInvokeConfigInfo) {
  const { onSuccess, onFailure } = said.destinationConfig ?? {};
  const place = (of: typeof onSuccess) => (of === undefined ? {} : { Destination: of.destination });
  const shown = qualifier === LATEST ? '$LATEST' : qualifier;
  return {
    FunctionArn: lambdaArn(placeOf(call), splitName(functionName).functionName, shown),
    LastModified: Date.parse(said.lastModifiedTime) / 1_000,
    ...(said.maxAsyncRetryAttempts !== undefined && { MaximumRetryAttempts: said.maxAsyncRetryAttempts }),
    ...(said.maxAsyncEventAgeInSeconds !== undefined && { MaximumEventAgeInSeconds: said.maxAsyncEventAgeInSeconds }),
    DestinationConfig: { OnSuccess: place(onSuccess), OnFailure: place(onFailure) },
  };
}

const PATH = '/2019-09-25/functions/:name/event-invoke-config';
const qualified = z.object({ Qualifier: z.string().optional() });

/** The function's full name, and the qualifier as the engine's options have it. */
function whose(call: Pick<Call, 'host' | 'tenant' | 'params' | 'query'>) {
  const { name, qualifier } = referenceOf(call);
  const full = nameIn(call.tenant.name, call.host.functions.get(call.tenant, name).name);
  return { full, options: { qualifier: qualifier ?? LATEST } };
}

async function put(call: Call, settings: AsyncInvokeSettings, replace: boolean) {
  if (Object.keys(settings).length === 0) {
    throw new IsopodError(
      'InvalidArgument',
      'Say MaximumRetryAttempts, MaximumEventAgeInSeconds or DestinationConfig, or more than one of them',
    );
  }
  const { full, options } = whose(call);
  return toLambda(call, await call.host.engine.putAsyncInvokeConfig(full, settings, { ...options, replace }));
}

export const eventConfigOperations = [
  operation({
    name: 'PutFunctionEventInvokeConfig',
    method: 'PUT',
    path: PATH,
    summary: 'Says what happens to async events of a function and qualifier, in place of what was said before.',
    role: 'deploy',
    query: qualified,
    body: input,
    reply: model,
    run: (call) => put(call, fromLambda(call.body), true),
  }),
  operation({
    name: 'UpdateFunctionEventInvokeConfig',
    method: 'POST',
    path: PATH,
    summary: 'Changes what the body names.',
    role: 'deploy',
    query: qualified,
    body: input,
    reply: model,
    run: (call) => put(call, fromLambda(call.body), false),
  }),
  operation({
    name: 'GetFunctionEventInvokeConfig',
    method: 'GET',
    path: PATH,
    summary: 'Tells what was said of async events.',
    role: 'deploy',
    query: qualified,
    reply: model,
    async run(call) {
      const { full, options } = whose(call);
      return toLambda(call, await call.host.engine.getAsyncInvokeConfig(full, options));
    },
  }),
  operation({
    name: 'DeleteFunctionEventInvokeConfig',
    method: 'DELETE',
    path: PATH,
    summary: 'Forgets it: defaults apply again.',
    role: 'deploy',
    query: qualified,
    run(call) {
      const { full, options } = whose(call);
      return call.host.engine.deleteAsyncInvokeConfig(full, options);
    },
  }),
  operation({
    name: 'ListFunctionEventInvokeConfigs',
    method: 'GET',
    path: `${PATH}/list`,
    summary: 'Lists what was said of the qualifiers of a function.',
    role: 'deploy',
    query: z.object({
      Marker: z.string().optional(),
      MaxItems: z.coerce.number().int().min(1).max(50).default(50),
    }),
    reply: z.looseObject({ FunctionEventInvokeConfigs: z.array(model), NextMarker: z.string().optional() }),
    async run(call) {
      const { host, tenant, query } = call;
      const { name } = host.functions.get(tenant, referenceOf(call).name);
      const all = await configsOf(host, tenant, name);
      const { items, nextToken } = page(all, ({ qualifier }) => qualifier, {
        limit: query.MaxItems,
        nextToken: query.Marker,
      });
      return {
        FunctionEventInvokeConfigs: items.map((item) => toLambda(call, item)),
        ...(nextToken !== undefined && { NextMarker: nextToken }),
      };
    },
  }),
];
