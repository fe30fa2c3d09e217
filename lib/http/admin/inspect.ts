/** How a function starts and why it had to, for `isopod inspect` and whoever asks. */
import { z } from 'zod';
import { nameIn } from '../../tenant/tenants.ts';
import { operation } from '../call.ts';

export const inspectOperations = [
  operation({
    name: 'InspectFunction',
    method: 'GET',
    path: '/functions/:functionName/inspection',
    summary: 'Tells how a function starts, why its last cold starts happened, and what would have avoided them.',
    role: 'deploy',
    query: z.object({
      qualifier: z.string().optional(),
      last: z.coerce.number().int().min(1).max(50).optional().describe('Cold starts to look at; default 10.'),
    }),
    reply: z
      .looseObject({
        functionName: z.string(),
        versionId: z.string(),
        coldStarts: z.looseObject({ count: z.number() }),
        advice: z.array(z.looseObject({ avoids: z.number(), says: z.string() })),
      })
      .meta({ id: 'FunctionInspection' }),
    async run({ host, tenant, params, query }) {
      const { name } = host.functions.get(tenant, params.functionName as string);
      const inspection = await host.engine.inspectFunction(nameIn(tenant.name, name), query);
      return { ...inspection, functionName: name };
    },
  }),
];
