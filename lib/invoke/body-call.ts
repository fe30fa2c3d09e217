/** A call whose event is the body of a request: read as its function's conventions want it, without being made anew. */
import { IsopodError } from '../errors.ts';
import { styleOf } from '../function/runtimes.ts';
import type { Definition } from '../instance/definition.ts';
import type { Pool } from '../pool/pool.ts';
import type { Invoker, TextSink } from './invoker.ts';
import { binaryText } from './payload.ts';

export interface BodySink extends TextSink {
  /** Set before anything else is told: what serves the call. */
  definition: Definition | undefined;
  /** The sender says that the body is JSON, so it must be; and what stands for an empty one. */
  readonly isJson: boolean;
  readonly emptyBody: string;
}

/** The largest event is `maxPayloadBytes`; whoever read the body has seen to that. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

export function invokeBody(
  invoker: Invoker,
  pool: Pool,
  body: Buffer,
  sink: BodySink,
): ((reason: unknown) => void) | undefined {
  sink.definition = pool.definition;
  const text = styleOf(pool.definition.declared.runtime) === 'fc' ? undefined : jsonText(body, sink);
  const call =
    text === undefined
      ? invoker.invokeText(pool, binaryText(body, NO_LIMIT), true, sink)
      : invoker.invokeText(pool, text, false, sink);
  return call && ((reason) => invoker.abandon(pool, call, reason));
}

/** Undefined when the body is no JSON. Throws `InvalidArgument` when it was said to be. */
function jsonText(body: Buffer, { isJson, emptyBody }: BodySink): string | undefined {
  if (body.length === 0) return emptyBody;
  const text = body.toString();
  try {
    // Events of one crossing share one text, so nothing may get in that is not one JSON value.
    JSON.parse(text);
    return text;
  } catch (error) {
    if (!isJson) return undefined;
    throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
  }
}
