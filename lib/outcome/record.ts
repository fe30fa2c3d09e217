/** What a destination is told of an event that has ended: JSON as Function Compute publishes it, payloads as text. */
import type { IsopodError } from '../errors.ts';
import type { AsyncOutcome } from '../types.ts';
import type { AcceptedEvent } from './accepted-event.ts';
import { isThrottle } from './retry-policy.ts';
import { textOf } from './task-record.ts';
import { functionArn, type TenantFacts } from './tenant-facts.ts';

export interface Source {
  readonly functionName: string;
  readonly qualifier: string;
}

/** How an event ended. */
export interface Ending {
  readonly condition: AsyncOutcome['condition'];
  readonly error?: IsopodError | undefined;
  /** The handler's value; present on success, where somebody asks for it. */
  readonly result?: unknown;
}

/** The handler's value as text: text and bytes as they are, anything else as JSON. */
export function resultText(result: unknown): string {
  if (typeof result === 'string') return result;
  if (result instanceof Uint8Array) return textOf(Buffer.from(result).toString('latin1'), true);
  return JSON.stringify(result) ?? '';
}

/** Attempts that were made of an event that has ended. */
export const attemptsOf = ({ failures }: AcceptedEvent, { condition }: Ending): number =>
  failures.functionErrors + failures.systemErrors + (condition === 'Success' ? 1 : 0);

/** The error code a record of Function Compute has; none for what succeeded or was stopped. */
export function conditionOf({ condition, error }: Ending): string {
  if (condition === 'Expired') return 'EventAgeExceeded';
  if (error === undefined || condition === 'Success' || condition === 'Stopped') return '';
  return isThrottle(error) ? 'FunctionResourceExhausted' : error.code;
}

export function recordOf(
  tenants: TenantFacts,
  source: Source,
  requestId: string,
  event: AcceptedEvent,
  ending: Ending,
  timestamp: number,
): string {
  const { error } = ending;
  const ofFunction = error?.kind === 'function';
  return JSON.stringify({
    timestamp: Math.round(timestamp),
    requestContext: {
      requestId,
      functionArn: functionArn(tenants, source),
      condition: conditionOf(ending),
      approximateInvokeCount: attemptsOf(event, ending),
    },
    requestPayload: textOf(event.text, event.binary),
    responseContext: {
      statusCode: error === undefined || ofFunction ? 200 : error.status,
      functionError: ofFunction ? error.code : '',
    },
    responsePayload: error === undefined ? resultText(ending.result) : JSON.stringify(errorBody(error)),
  });
}

const errorBody = ({ message, errorType, code, stackTrace }: IsopodError) => ({
  errorMessage: message,
  errorType: errorType ?? code,
  stackTrace: stackTrace ?? [],
});
