/** Checks what is said about async events, in a declaration or by `putAsyncInvokeConfig`; defaults are told at `AsyncInvokeSettings`. */
import { z } from 'zod';
import type { AsyncInvokeConfig } from '../types.ts';
import { destination } from './destination.ts';

/** The largest event age Function Compute's console takes: 30 days, in seconds. */
const MAX_EVENT_AGE = 2_592_000;

/** Nothing is filled in: what is not said is decided by whom this is laid over. */
export const asyncSettings = z.strictObject({
  maxAsyncRetryAttempts: z.number().int().min(0).max(8).optional(),
  systemErrorPolicy: z.enum(['unlimited', '5h', 'none']).optional(),
  retryBackoffMs: z.number().min(1).max(60_000).optional(),
  maxRetryBackoffMs: z.number().min(1).max(3_600_000).optional(),
  maxAsyncEventAgeInSeconds: z.number().min(1).max(MAX_EVENT_AGE).optional(),
  asyncTask: z.boolean().optional(),
  destinationConfig: z
    .strictObject({ onSuccess: destination.optional(), onFailure: destination.optional() })
    .optional(),
});

export type AsyncSettings = z.output<typeof asyncSettings>;

/** What happens to the async events of a function and qualifier; every default filled in. */
export interface AsyncPolicy {
  readonly maxAsyncRetryAttempts: number;
  readonly systemErrorPolicy: 'unlimited' | '5h' | 'none';
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
  /** Undefined: events do not grow too old. */
  readonly maxAsyncEventAgeInSeconds: number | undefined;
  readonly asyncTask: boolean;
  /** Where outcomes are sent, as it was written. */
  readonly successDestination: string | undefined;
  readonly failureDestination: string | undefined;
  readonly onSuccess: AsyncInvokeConfig['onSuccess'];
  readonly onFailure: AsyncInvokeConfig['onFailure'];
}

const callback = z.custom<NonNullable<AsyncInvokeConfig['onSuccess']>>(
  (value) => typeof value === 'function',
  'must be a function',
);

export const asyncConfig = asyncSettings.extend({ onSuccess: callback.optional(), onFailure: callback.optional() });

export type DeclaredAsync = z.output<typeof asyncConfig>;

/** `declared`, with what `put` says in place of it. */
export function policyOf(declared: DeclaredAsync, put: AsyncSettings = {}): AsyncPolicy {
  const said = { ...declared, ...put };
  return Object.freeze({
    maxAsyncRetryAttempts: said.maxAsyncRetryAttempts ?? 3,
    systemErrorPolicy: said.systemErrorPolicy ?? 'unlimited',
    retryBackoffMs: said.retryBackoffMs ?? 100,
    maxRetryBackoffMs: said.maxRetryBackoffMs ?? 60_000,
    maxAsyncEventAgeInSeconds: said.maxAsyncEventAgeInSeconds,
    asyncTask: said.asyncTask ?? false,
    successDestination: said.destinationConfig?.onSuccess?.destination,
    failureDestination: said.destinationConfig?.onFailure?.destination,
    onSuccess: declared.onSuccess,
    onFailure: declared.onFailure,
  });
}
