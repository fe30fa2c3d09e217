/** Where outcomes of async events are sent: how a destination is written, and what it names. */
import { z } from 'zod';

export type Destination =
  /** A function of the same tenant, called asynchronously. */
  | { readonly kind: 'function'; readonly functionName: string; readonly qualifier: string | undefined }
  | { readonly kind: 'http'; readonly url: string }
  /** The engine's own store of what was given up. */
  | { readonly kind: 'dead-letter' }
  /** A topic, a queue, a bus: whatever a connector takes. */
  | { readonly kind: 'connector'; readonly address: string };

const NAME = String.raw`([A-Za-z_][\w-]{0,127}(?:\$[A-Za-z_][\w-]{0,127})?)`;
const QUALIFIER = String.raw`(LATEST|[1-9]\d*|[A-Za-z_][\w-]{0,127})`;
/** `functions/{name}[/{qualifier}]`, alone or at the end of Function Compute's ARN. */
const fc3 = new RegExp(`^(?:acs:fc:[^:/]*:[^:/]*:)?functions/${NAME}(?:/${QUALIFIER})?$`);
/** Function Compute 2.0: `services/{service}[.{qualifier}]/functions/{name}`. */
const fc2 = new RegExp(
  String.raw`^acs:fc:[^:/]*:[^:/]*:services/([A-Za-z_][\w-]*)(?:\.${QUALIFIER})?/functions/([A-Za-z_][\w-]*)$`,
);
const lambda = new RegExp(
  String.raw`^arn:aws[\w-]*:lambda:[^:/]*:[^:/]*:function:${NAME}(?::(?:\$LATEST|${QUALIFIER}))?$`,
);

export const DEAD_LETTER = 'dead-letter';

/** Undefined for a text that is no destination. */
export function parseDestination(text: string): Destination | undefined {
  if (text === DEAD_LETTER) return { kind: 'dead-letter' };
  const [, functionName, qualifier] = fc3.exec(text) ?? lambda.exec(text) ?? [];
  if (functionName !== undefined) return { kind: 'function', functionName, qualifier };
  const [, service, serviceQualifier, name] = fc2.exec(text) ?? [];
  if (name !== undefined) return { kind: 'function', functionName: `${service}$${name}`, qualifier: serviceQualifier };
  if (/^https?:\/\//i.test(text)) {
    const url = URL.parse(text);
    return url === null || url.username !== '' || url.password !== '' ? undefined : { kind: 'http', url: url.href };
  }
  return /^[a-z][a-z0-9+.-]*:[^\s]+$/.test(text) ? { kind: 'connector', address: text } : undefined;
}

export const destination = z.strictObject({
  destination: z
    .string()
    .max(2_048)
    .refine(
      (text) => parseDestination(text) !== undefined,
      'must be "functions/{name}" or a function ARN, an http(s) URL without credentials, "dead-letter", or an address a connector takes',
    ),
});
