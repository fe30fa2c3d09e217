/** Lambda: reserved concurrency, tags, function URLs, account settings. */
import { z } from 'zod';
import { nameIn } from '../../tenant/tenants.ts';
import type { TriggerInfo } from '../../types.ts';
import { lambdaArn, parseLambdaName } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import { urlsOf } from '../fc3/triggers.ts';
import { LAMBDA_URL } from '../gateway/targets.ts';
import { referenceOf } from './reference.ts';

type Call = ApiCall<unknown, unknown>;

const knownName = (call: Call): string => call.host.functions.get(call.tenant, referenceOf(call).name).name;
const fullName = (call: Call): string => nameIn(call.tenant.name, knownName(call));
const reserved = z.looseObject({ ReservedConcurrentExecutions: z.number().int().min(0) });

const concurrency = [
  operation({
    name: 'PutFunctionConcurrency',
    method: 'PUT',
    path: '/2017-10-31/functions/:name/concurrency',
    summary: 'Limits how many sync calls of a function run at once.',
    role: 'deploy',
    body: reserved,
    reply: reserved,
    async run(call) {
      await call.host.reservations.put(fullName(call), call.body.ReservedConcurrentExecutions);
      return { ReservedConcurrentExecutions: call.body.ReservedConcurrentExecutions };
    },
  }),
  operation({
    name: 'GetFunctionConcurrency',
    method: 'GET',
    path: '/2019-09-30/functions/:name/concurrency',
    summary: 'Tells that limit.',
    role: 'deploy',
    reply: z.looseObject({ ReservedConcurrentExecutions: z.number().optional() }),
    run(call) {
      const limit = call.host.reservations.of(fullName(call));
      return limit === undefined ? {} : { ReservedConcurrentExecutions: limit };
    },
  }),
  operation({
    name: 'DeleteFunctionConcurrency',
    method: 'DELETE',
    path: '/2017-10-31/functions/:name/concurrency',
    summary: 'Takes the limit away.',
    role: 'deploy',
    run: (call) => call.host.reservations.remove(fullName(call)),
  }),
];

const TAGS = '/2017-03-31/tags/:arn';
const nameOfArn = ({ params }: Call): string => parseLambdaName(params.arn as string).name;

const tags = [
  operation({
    name: 'TagResource',
    method: 'POST',
    path: TAGS,
    summary: 'Adds tags to a function.',
    role: 'deploy',
    body: z.looseObject({ Tags: z.record(z.string(), z.string()) }),
    async run(call) {
      await call.host.functions.annotate(call.tenant, nameOfArn(call), (before) => ({
        tags: { ...before.tags, ...call.body.Tags },
      }));
    },
  }),
  operation({
    name: 'ListTags',
    method: 'GET',
    path: TAGS,
    summary: 'Lists the tags of a function.',
    role: 'deploy',
    reply: z.looseObject({ Tags: z.record(z.string(), z.string()) }),
    run: (call) => ({ Tags: call.host.functions.get(call.tenant, nameOfArn(call)).tags }),
  }),
  operation({
    name: 'UntagResource',
    method: 'DELETE',
    path: TAGS,
    summary: 'Takes tags from a function.',
    role: 'deploy',
    query: z.object({ tagKeys: z.union([z.string(), z.array(z.string())]).optional() }),
    async run(call) {
      const keys = [call.query.tagKeys ?? []].flat();
      await call.host.functions.annotate(call.tenant, nameOfArn(call), (before) => ({
        tags: Object.fromEntries(Object.entries(before.tags).filter(([key]) => !keys.includes(key))),
      }));
    },
  }),
];

const cors = z
  .looseObject({
    AllowOrigins: z.array(z.string()).optional(),
    AllowMethods: z.array(z.string()).optional(),
    AllowHeaders: z.array(z.string()).optional(),
    ExposeHeaders: z.array(z.string()).optional(),
    AllowCredentials: z.boolean().optional(),
    MaxAge: z.number().optional(),
  })
  .optional();
const urlInput = z.looseObject({
  AuthType: z.enum(['NONE', 'AWS_IAM']).optional(),
  Cors: cors,
  InvokeMode: z.enum(['BUFFERED', 'RESPONSE_STREAM']).optional(),
});
const urlModel = z.looseObject({
  FunctionUrl: z.string(),
  FunctionArn: z.string(),
  AuthType: z.string(),
  CreationTime: z.string(),
});

type UrlInput = z.output<typeof urlInput>;

/** `before`: what stays as it is where nothing is said. */
function triggerConfig({ AuthType, InvokeMode, Cors }: UrlInput, before = '{}'): string {
  return JSON.stringify({
    authType: 'anonymous',
    ...(JSON.parse(before) as object),
    ...(AuthType !== undefined && { authType: AuthType === 'NONE' ? 'anonymous' : 'function' }),
    ...(InvokeMode !== undefined && { invokeMode: InvokeMode }),
    ...(Cors !== undefined && {
      corsConfig: {
        allowOrigins: Cors.AllowOrigins,
        allowMethods: Cors.AllowMethods,
        allowHeaders: Cors.AllowHeaders,
        exposeHeaders: Cors.ExposeHeaders,
        allowCredentials: Cors.AllowCredentials,
        maxAge: Cors.MaxAge,
      },
    }),
  });
}

function urlOf(call: Call, trigger: TriggerInfo) {
  const { authType, invokeMode } = JSON.parse(trigger.triggerConfig) as { authType: string; invokeMode?: string };
  const qualifier = trigger.qualifier === 'LATEST' ? undefined : trigger.qualifier;
  return {
    FunctionUrl: `${urlsOf(call.origin, trigger).urlInternet}/`,
    FunctionArn: lambdaArn(placeOf(call), knownName(call), qualifier),
    AuthType: authType === 'anonymous' ? 'NONE' : 'AWS_IAM',
    InvokeMode: invokeMode ?? 'BUFFERED',
    CreationTime: trigger.createdTime,
    LastModifiedTime: trigger.lastModifiedTime,
  };
}

const URL_PATH = '/2021-10-31/functions/:name/url';

const urls = [
  operation({
    name: 'CreateFunctionUrlConfig',
    method: 'POST',
    path: URL_PATH,
    summary: 'Gives a function an address.',
    role: 'deploy',
    status: 201,
    body: urlInput,
    reply: urlModel,
    async run(call) {
      const { qualifier = 'LATEST' } = referenceOf(call);
      const config = {
        triggerName: LAMBDA_URL,
        triggerType: 'http' as const,
        qualifier,
        triggerConfig: triggerConfig(call.body),
      };
      return urlOf(call, await call.host.engine.createTrigger(fullName(call), config));
    },
  }),
  operation({
    name: 'GetFunctionUrlConfig',
    method: 'GET',
    path: URL_PATH,
    summary: 'Tells that address.',
    role: 'deploy',
    reply: urlModel,
    run: (call) => urlOf(call, call.host.engine.getTrigger(fullName(call), LAMBDA_URL)),
  }),
  operation({
    name: 'ListFunctionUrlConfigs',
    method: 'GET',
    path: `${URL_PATH}s`,
    summary: 'Lists the addresses of a function: one, or none.',
    role: 'deploy',
    reply: z.looseObject({ FunctionUrlConfigs: z.array(urlModel) }),
    run(call) {
      const all = call.host.engine.listTriggers(fullName(call));
      return {
        FunctionUrlConfigs: all.filter((of) => of.triggerName === LAMBDA_URL).map((trigger) => urlOf(call, trigger)),
      };
    },
  }),
  operation({
    name: 'UpdateFunctionUrlConfig',
    method: 'PUT',
    path: URL_PATH,
    summary: 'Changes who may use it.',
    role: 'deploy',
    body: urlInput,
    reply: urlModel,
    async run(call) {
      const { engine } = call.host;
      const full = fullName(call);
      const changed = triggerConfig(call.body, engine.getTrigger(full, LAMBDA_URL).triggerConfig);
      return urlOf(call, await engine.updateTrigger(full, LAMBDA_URL, { triggerConfig: changed }));
    },
  }),
  operation({
    name: 'DeleteFunctionUrlConfig',
    method: 'DELETE',
    path: URL_PATH,
    summary: 'Takes the address away.',
    role: 'deploy',
    run: (call) => call.host.engine.deleteTrigger(fullName(call), LAMBDA_URL),
  }),
];

const account = [
  operation({
    name: 'GetAccountSettings',
    method: 'GET',
    path: '/2016-08-19/account-settings',
    summary: 'Tells what the tenant may have and has.',
    role: 'deploy',
    reply: z.looseObject({ AccountLimit: z.looseObject({}), AccountUsage: z.looseObject({}) }),
    run({ host, tenant }) {
      const functions = host.functions.list(tenant);
      const { codeBytes = 80_530_636_800, concurrency: limit = 1_000 } = tenant.quotas;
      return {
        AccountLimit: { TotalCodeSize: codeBytes, ConcurrentExecutions: limit, UnreservedConcurrentExecutions: limit },
        AccountUsage: {
          TotalCodeSize: functions.reduce((sum, { codeSize }) => sum + codeSize, 0),
          FunctionCount: functions.length,
        },
      };
    },
  }),
];

export const lambdaExtraOperations = [...concurrency, ...tags, ...urls, ...account];
