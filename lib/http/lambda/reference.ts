/** Which function of Lambda's API a call is about, and whether it is still as the caller knows it. */
import { IsopodError } from '../../errors.ts';
import { type FunctionReference, parseLambdaName } from '../arn.ts';
import type { ApiCall } from '../call.ts';
import { uuidForm } from './models.ts';

type Call = ApiCall<unknown, unknown>;

/** A name or an ARN in the path, a qualifier there or in the query. */
export function referenceOf({ params, query }: Pick<Call, 'params' | 'query'>): FunctionReference {
  const { name, qualifier } = parseLambdaName(params.name as string);
  const asked = (query as { Qualifier?: string } | undefined)?.Qualifier;
  return { name, qualifier: normal(qualifier ?? asked) };
}

/** `$LATEST` is said by saying nothing. */
export const normal = (qualifier: string | undefined): string | undefined =>
  qualifier === undefined || qualifier === '' || qualifier === '$LATEST' ? undefined : qualifier;

/** Throws `PreconditionFailed`. */
export function checkRevision(call: Call, name: string, revision: string | undefined): void {
  if (revision === undefined) return;
  if (uuidForm(call.host.functions.get(call.tenant, name).etag) === revision) return;
  throw new IsopodError('PreconditionFailed', 'The RevisionId provided does not match the latest one; read it again');
}
