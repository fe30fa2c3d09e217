/** Lambda: who else may call a function, as tools write it down. It is kept and told; keys and roles decide here. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { lambdaArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import { uuidForm } from './models.ts';
import { checkRevision, referenceOf } from './reference.ts';

type Call = ApiCall<unknown, unknown>;

const PATH = '/2015-03-31/functions/:name/policy';
/** Bytes of a policy (Lambda's limit). */
const MAX_BYTES = 20_480;
const qualified = z.object({ Qualifier: z.string().optional(), RevisionId: z.string().optional() });

interface Statement {
  readonly Sid: string;
  readonly [field: string]: unknown;
}

const placeIn = (call: Call) => {
  const { name, qualifier = 'LATEST' } = referenceOf(call);
  const found = call.host.functions.get(call.tenant, name);
  const statements = (found.policies?.[qualifier] ?? []) as readonly Statement[];
  return { name, qualifier, statements, etag: found.etag };
};

async function put(call: Call, name: string, qualifier: string, statements: readonly Statement[]): Promise<void> {
  if (JSON.stringify(statements).length > MAX_BYTES) {
    throw new IsopodError('LimitExceeded', `A policy has at most ${MAX_BYTES} bytes`);
  }
  await call.host.functions.annotate(call.tenant, name, ({ policies }) => ({
    policies: { ...policies, [qualifier]: statements },
  }));
}

const principalOf = (principal: string) => (/\.amazonaws\.com$/.test(principal) ? { Service: principal } : principal);

export const lambdaPolicyOperations = [
  operation({
    name: 'AddPermission',
    method: 'POST',
    path: PATH,
    summary: 'Keeps a statement of who may call a function; it has no effect here.',
    role: 'deploy',
    status: 201,
    query: qualified,
    body: z.looseObject({
      StatementId: z.string().regex(/^[\w-]{1,100}$/, 'must be 1-100 letters, digits, _ or -'),
      Action: z.string().max(100),
      Principal: z.string().max(256),
      SourceArn: z.string().max(2_048).optional(),
      SourceAccount: z.string().max(12).optional(),
      FunctionUrlAuthType: z.string().max(16).optional(),
      RevisionId: z.string().optional(),
    }),
    reply: z.looseObject({ Statement: z.string().describe('JSON text.') }),
    async run(call) {
      const { name, qualifier, statements } = placeIn(call);
      checkRevision(call, name, call.body.RevisionId);
      const { StatementId: Sid, Action, Principal, SourceArn, SourceAccount, FunctionUrlAuthType } = call.body;
      if (statements.some((known) => known.Sid === Sid)) {
        throw new IsopodError(
          'PolicyStatementExists',
          `The statement ${Sid} is there already; remove it, or name another`,
        );
      }
      const Condition = {
        ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
        ...((SourceAccount ?? FunctionUrlAuthType) !== undefined && {
          StringEquals: {
            ...(SourceAccount !== undefined && { 'AWS:SourceAccount': SourceAccount }),
            ...(FunctionUrlAuthType !== undefined && { 'lambda:FunctionUrlAuthType': FunctionUrlAuthType }),
          },
        }),
      };
      const statement: Statement = {
        Sid,
        Effect: 'Allow',
        Principal: principalOf(Principal),
        Action,
        Resource: lambdaArn(placeOf(call), name, qualifier === 'LATEST' ? undefined : qualifier),
        ...(Object.keys(Condition).length > 0 && { Condition }),
      };
      await put(call, name, qualifier, [...statements, statement]);
      return { Statement: JSON.stringify(statement) };
    },
  }),
  operation({
    name: 'GetPolicy',
    method: 'GET',
    path: PATH,
    summary: 'Tells those statements.',
    role: 'deploy',
    query: qualified,
    reply: z.looseObject({ Policy: z.string().describe('JSON text.'), RevisionId: z.string() }),
    run(call) {
      const { statements, etag, name } = placeIn(call);
      if (statements.length === 0) throw new IsopodError('PolicyNotFound', `function '${name}' has no policy`);
      return {
        Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }),
        RevisionId: uuidForm(etag),
      };
    },
  }),
  operation({
    name: 'RemovePermission',
    method: 'DELETE',
    path: `${PATH}/:statement`,
    summary: 'Forgets one.',
    role: 'deploy',
    query: qualified,
    async run(call) {
      const { name, qualifier, statements } = placeIn(call);
      checkRevision(call, name, call.query.RevisionId);
      const left = statements.filter(({ Sid }) => Sid !== call.params.statement);
      if (left.length === statements.length) {
        throw new IsopodError('PolicyNotFound', `function '${name}' has no statement ${call.params.statement}`);
      }
      await put(call, name, qualifier, left);
    },
  }),
];
