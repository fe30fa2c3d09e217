/** Granted bindings as they are looked up: what a guest names is a key here or it does not exist. */
import type { BindingMethod, Bindings, HostFunction } from '../types.ts';

/** A described method with every limit filled in. */
export interface DescribedMethod {
  /** `binding.method` */
  readonly place: string;
  readonly call: BindingMethod['call'];
  readonly args: BindingMethod['args'];
  readonly result: BindingMethod['result'];
  readonly callsPerInvocation: number;
  readonly inFlight: number;
  readonly maxArgBytes: number;
  readonly maxResultBytes: number;
  /** Milliseconds; undefined: as long as the invocation may take. */
  readonly timeoutMs: number | undefined;
}

export class Grants {
  readonly #methods = new Map<string, ReadonlyMap<string, HostFunction | DescribedMethod>>();
  /** Some method is described, so calls are put down to invocations. */
  readonly described: boolean;

  constructor(bindings: Bindings, maxPayloadBytes: number) {
    let described = false;
    for (const [binding, methods] of Object.entries(bindings)) {
      const made = new Map<string, HostFunction | DescribedMethod>();
      for (const [name, method] of Object.entries(methods)) {
        described ||= typeof method !== 'function';
        made.set(name, typeof method === 'function' ? method : fill(`${binding}.${name}`, method, maxPayloadBytes));
      }
      this.#methods.set(binding, made);
    }
    this.described = described;
  }

  get isEmpty(): boolean {
    return this.#methods.size === 0;
  }

  find(binding: string, method: string): HostFunction | DescribedMethod | undefined {
    return this.#methods.get(binding)?.get(method);
  }
}

function fill(place: string, method: BindingMethod, maxPayloadBytes: number): DescribedMethod {
  const { call, args, result, quota = {} } = method;
  return {
    place,
    call,
    args,
    result,
    callsPerInvocation: quota.callsPerInvocation ?? Number.POSITIVE_INFINITY,
    inFlight: quota.inFlight ?? Number.POSITIVE_INFINITY,
    maxArgBytes: Math.min(quota.maxArgBytes ?? maxPayloadBytes, maxPayloadBytes),
    maxResultBytes: Math.min(quota.maxResultBytes ?? maxPayloadBytes, maxPayloadBytes),
    timeoutMs: quota.timeoutMs,
  };
}
