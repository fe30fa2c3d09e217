/** One invocation over the API, whatever protocol it came by: the call, its limits and what became of it. */
import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorCode, IsopodError, toIsopodError } from '../errors.ts';
import type { Meter } from '../tenant/meter.ts';
import { nameIn, type Tenant } from '../tenant/tenants.ts';
import type { InvokeStatus, ResultStream } from '../types.ts';
import type { Host } from './host.ts';
import { LATEST } from './versions.ts';

export interface Wanted {
  readonly tenant: Tenant;
  readonly functionName: string;
  /** Version, alias or `LATEST`. */
  readonly qualifier: string;
}

/** How a sync call ended. */
export interface Outcome {
  readonly status: InvokeStatus;
  readonly value?: unknown;
  /** The function's own failure; every other failure is thrown. */
  readonly error?: IsopodError;
}

/**
 * Octets are JSON when they parse as such: official clients send every event that way. What says it is JSON must be. A
 * handler that takes its event as bytes gets what was sent.
 */
export function eventFor(
  host: Host,
  { tenant, functionName }: Wanted,
  body: Uint8Array,
  contentType: string | undefined,
): unknown {
  const { runtime } = host.functions.get(tenant, functionName).config;
  if (/^nodejs\d+$/.test(runtime)) return body;
  return eventOf(body, contentType);
}

function eventOf(body: Uint8Array, contentType: string | undefined): unknown {
  if (body.byteLength === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    if (contentType?.includes('json') !== true) return new Uint8Array(body);
    throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
  }
}

/** Rejects with what is wrong with the call, a quota or the system; a function that fails is an outcome. */
export async function invokeSync(
  host: Host,
  wanted: Wanted,
  body: Uint8Array,
  contentType: string | undefined,
  gone: AbortController,
  more: MoreOptions = {},
): Promise<Outcome> {
  return invokeEvent(host, wanted, eventFor(host, wanted, body, contentType), gone, more);
}

/** As `invokeSync`, for an event that is a value already. */
export async function invokeEvent(
  host: Host,
  wanted: Wanted,
  event: unknown,
  gone: AbortController,
  more: MoreOptions = {},
): Promise<Outcome> {
  host.checkEnabled(nameIn(wanted.tenant.name, wanted.functionName), wanted.functionName);
  const meter = host.meterOf(wanted.tenant);
  const began = performance.now();
  meter.begin(began);
  const status: InvokeStatus = {};
  const full = nameIn(wanted.tenant.name, wanted.functionName);
  const giveUp = (reason: unknown): void => gone.abort(reason);
  host.ongoing.add(full, giveUp);
  let failure: IsopodError | undefined;
  try {
    const { signal } = gone;
    const value = await host.engine.invoke(full, event, { status, signal, ...qualifierOf(wanted), ...more });
    return { status, value };
  } catch (thrown) {
    const error = toIsopodError(thrown);
    failure = error;
    if (error.kind !== 'function' || error.status !== 200) throw error;
    meter.usage.functionErrors++;
    return { status, error };
  } finally {
    host.ongoing.remove(full, giveUp);
    settle(host, wanted, meter, began, billedMs(failure, status.instanceId !== undefined, status.cpuMs));
  }
}

const ENDED_INSTANCE: readonly ErrorCode[] = [
  'FunctionTimeout',
  'FunctionOutOfMemory',
  'FunctionCpuExceeded',
  'InstanceLost',
  'InvocationAborted',
];

/**
 * Processor time to bill. Of a call that ended its instance nobody knows what it used (undefined): all its time counts, so
 * that loops until the timeout are not for nothing.
 */
export function billedMs(
  error: IsopodError | undefined,
  began: boolean,
  cpuMs: number | undefined,
): number | undefined {
  if (error === undefined || !ENDED_INSTANCE.includes(error.code)) return cpuMs;
  return began ? undefined : 0;
}

/** W3C Trace Context of a request. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** What a sync call may have besides. */
export interface MoreOptions extends TraceHeaders {
  /** Takes the result in pieces, where the function gives it so. */
  readonly stream?: ResultStream;
}

export function traceOf(headers: IncomingHttpHeaders): TraceHeaders {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string' || traceparent.length > 256) return {};
  const isState = typeof tracestate === 'string' && tracestate.length <= 8_192;
  return { traceparent, ...(isState && { tracestate }) };
}

const qualifierOf = ({ qualifier }: Wanted) => (qualifier === LATEST ? {} : { qualifier });

function settle(
  host: Host,
  { tenant, functionName }: Wanted,
  meter: Meter,
  began: number,
  cpuMs: number | undefined,
): void {
  const now = performance.now();
  const ms = now - began;
  let memoryMB = 0;
  try {
    memoryMB = host.functions.get(tenant, functionName).config.memorySize ?? 0;
  } catch {
    // Deleted meanwhile.
  }
  meter.end(cpuMs ?? ms, ms, memoryMB, now);
}

export interface AsyncWish extends TraceHeaders {
  readonly taskId?: string | undefined;
  readonly delaySeconds?: number | undefined;
}

/** Resolves when the event is accepted. */
export async function invokeAsync(
  host: Host,
  wanted: Wanted,
  body: Uint8Array,
  contentType: string | undefined,
  wish: AsyncWish,
) {
  const { maxAsyncBytes } = host.settings;
  if (body.byteLength > maxAsyncBytes) {
    throw new IsopodError(
      'PayloadTooLarge',
      `payload size exceeds maximum allowed size (${maxAsyncBytes} bytes) of an async call`,
    );
  }
  return invokeEventAsync(host, wanted, eventFor(host, wanted, body, contentType), wish);
}

/** As `invokeAsync`, for an event that is a value already. */
export async function invokeEventAsync(host: Host, wanted: Wanted, event: unknown, wish: AsyncWish) {
  host.checkEnabled(nameIn(wanted.tenant.name, wanted.functionName), wanted.functionName);
  const meter = host.meterOf(wanted.tenant);
  meter.solvent(performance.now());
  const full = nameIn(wanted.tenant.name, wanted.functionName);
  try {
    const receipt = await host.engine.invokeAsync(full, event, { ...wish, ...qualifierOf(wanted) });
    meter.usage.asyncInvocations++;
    return receipt;
  } catch (error) {
    if (error instanceof IsopodError && error.code === 'ResourceExhausted') meter.usage.throttled++;
    throw error;
  }
}
