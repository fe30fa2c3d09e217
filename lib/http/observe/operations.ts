/** What is going on, for the console, for `isopod logs` and for whoever asks: figures, recent calls, log lines. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { PROMETHEUS_TYPE, prometheusText } from '../../observe/opentelemetry.ts';
import { includes } from '../../tenant/roles.ts';
import { DEFAULT_TENANT, nameIn } from '../../tenant/tenants.ts';
import { Answer, type ApiCall, operation } from '../call.ts';
import { figuresOf, overview } from './overview.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'identity'>;

const isOperator = ({ identity }: Call): boolean =>
  identity.tenant === DEFAULT_TENANT && includes(identity.role, 'admin');

export const metricsOperation = operation({
  name: 'GetMetrics',
  method: 'GET',
  path: '/',
  summary: "Tells all metrics in Prometheus' text format.",
  role: 'admin',
  run(call) {
    if (!isOperator(call)) throw new IsopodError('AccessDenied', "Metrics are for the default tenant's admin");
    return new Answer(200, { 'content-type': PROMETHEUS_TYPE }, prometheusText(call.host.observation.metrics));
  },
});

const model = z.looseObject({});

export const observeOperations = [
  operation({
    name: 'GetIdentity',
    method: 'GET',
    path: '/identity',
    summary: 'Tells who the caller is and what the host is.',
    role: 'invoke',
    reply: model,
    run: (call) => ({
      tenant: call.identity.tenant,
      role: call.identity.role,
      accessKeyId: call.identity.accessKeyId,
      isOperator: isOperator(call),
      accountId: call.tenant.accountId,
      region: call.host.settings.region,
      isolation: call.host.settings.isolation,
    }),
  }),
  operation({
    name: 'GetOverview',
    method: 'GET',
    path: '/overview',
    summary: 'Tells the last ten minutes in slots, and the functions that hold most; of all tenants for the operator.',
    role: 'invoke',
    query: z.object({ tenant: z.string().optional() }),
    reply: model,
    run(call) {
      const tenant = isOperator(call) ? call.query.tenant : call.tenant.name;
      return overview(call.host.observation, call.host.engine.stats(), tenant);
    },
  }),
  operation({
    name: 'GetFunctionActivity',
    method: 'GET',
    path: '/functions/:functionName/activity',
    summary: 'Tells what a function did since the host started, and its last calls, newest first.',
    role: 'invoke',
    reply: model,
    run({ host, tenant, params }) {
      const { functionName = '' } = params;
      const full = nameIn(tenant.name, functionName);
      host.functions.get(tenant, functionName);
      const { observation } = host;
      const tally = observation.metrics.tallyOf(full);
      return {
        functionName,
        figures: figuresOf(tally),
        errors: Object.fromEntries(tally?.errors ?? []),
        stages: Object.fromEntries(tally?.stageMs ?? []),
        stats: host.engine.stats(full).functions[0],
        calls: observation.recentCalls.of(full),
      };
    },
  }),
];
