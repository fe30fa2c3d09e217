/** W3C Trace Context (Level 1): reading and writing `traceparent`. What is malformed is taken for absent, as it demands. */
import type { SpanIds } from './facts.ts';

export interface TraceParent {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

const FORM = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

export function parseTraceparent(text: string): SpanIds | undefined {
  const found = FORM.exec(text);
  if (found === null || (text.startsWith('00') && text.length !== 55)) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = found;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const traceparentOf = ({ traceId, spanId, sampled }: SpanIds): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
