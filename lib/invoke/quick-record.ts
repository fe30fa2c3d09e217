/** Records of calls that never became a `Call`. Heap and processor time of these are not measured: that would take longer than they do. */
import { LATEST } from '../deployment/deployed-function.ts';
import { IsopodError } from '../errors.ts';
import type { Instance } from '../instance/instance.ts';
import { InvocationRecord } from '../observe/invocation-record.ts';
import type { Pool } from '../pool/pool.ts';
import { TAG_ERROR, TAG_HEAD, TAG_PENDING } from '../protocol/door.ts';

const none = undefined;

/** One of the quick way; undefined when it is not over with this reply. */
export function quickRecord(
  pool: Pool,
  { lane, id }: Instance,
  no: number,
  began: number,
  tookMs: number,
  eventChars: number,
  reply: string | undefined,
): InvocationRecord | undefined {
  if (reply?.[0] === TAG_PENDING || reply?.[0] === TAG_HEAD) return undefined;
  const { observed } = pool.definition;
  const error = reply === undefined || reply[0] === TAG_ERROR ? failureOf(pool, reply) : undefined;
  // biome-ignore format: one line per kind of fact
  return new InvocationRecord(
    observed, no, 'sync', LATEST, lane, id,
    began, tookMs, 0, none, none, none,
    eventChars, reply?.length ?? 0, 0, 1, error, none,
  );
}

function failureOf(pool: Pool, reply: string | undefined): IsopodError {
  if (reply !== undefined) return pool.definition.toError(JSON.parse(reply.slice(1)));
  return pool.lastLoss ?? new IsopodError('InstanceLost', 'The instance ended during the call');
}

/** One that was not let in. */
export function refusedRecord({ definition: { observed } }: Pool, no: number, error: IsopodError): InvocationRecord {
  const now = performance.now();
  // biome-ignore format: as above
  return new InvocationRecord(
    observed, no, 'sync', LATEST, none, none,
    now, 0, 0, none, none, none,
    0, 0, 0, 1, error, none,
  );
}
