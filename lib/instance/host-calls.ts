/**
 * Calls of one instance's guest to the host functions granted to it. A plain function is called and answered; for a
 * described one schemas, quota and the fate of the instance are minded too. What a guest sends is text and trusted in
 * nothing; what a host function gives or throws harms nobody, and nothing happens once the instance is gone.
 */

import { after, type Eventual, isLater } from '../binding/after.ts';
import { byteLength, failureText, listOf, Refusal, resultText } from '../binding/crossing.ts';
import type { DescribedMethod } from '../binding/grant.ts';
import { checkArgs, checkValue } from '../binding/schema.ts';
import { IsopodError } from '../errors.ts';
import { ANSWER_ENCODED, ANSWER_FAILURE, ANSWER_VALUE, FIRST_CALL_NO, requestIdOf } from '../protocol/door.ts';
import { ENCODED } from '../protocol/values.ts';
import type { HostFunction } from '../types.ts';
import type { Call } from './call.ts';
import type { Definition } from './definition.ts';
import { PendingHostCall } from './pending-host-call.ts';

/** What host calls need of the instance that makes them. */
export interface HostCaller {
  readonly id: string;
  readonly definition: Definition;
  /** The open call of that number. */
  callOf(no: number): Call | undefined;
  /** `how` as in the protocol; `value` is JSON text. */
  answer(id: number, how: number, value: string): void;
}

/** What one invocation has asked of one method. */
interface Use {
  calls: number;
  inFlight: number;
}

const RESULT_LIMIT = "quota.maxResultBytes (or the engine's maxPayloadBytes)";
export class HostCalls {
  /** Undefined once the instance is gone: whatever a host function keeps of a call then keeps no instance alive. */
  #caller: HostCaller | undefined;
  readonly #pending = new Map<number, PendingHostCall>();
  /** By invocation; the initializer and preStop count as one. Goes with the invocation. */
  readonly #uses = new WeakMap<object, Map<DescribedMethod, Use>>();

  constructor(caller: HostCaller) {
    this.#caller = caller;
  }

  take(id: number, no: number, binding: string, method: string, args: string): void {
    const granted = this.#caller?.definition.grants.find(binding, method);
    if (typeof granted === 'function') this.#plain(id, no, `${binding}.${method}`, granted, args);
    else if (granted !== undefined) this.#described(id, no, granted, args);
    else this.#fail(id, new Error(`There is no binding ${binding}.${method}`));
  }

  #plain(id: number, no: number, place: string, run: HostFunction, args: string): void {
    const traced = this.#caller?.callOf(no)?.trace?.hostCall(place);
    const give = (value: unknown): void => {
      traced?.(undefined);
      this.#give(id, place, value);
    };
    const fail = (error: unknown): void => {
      traced?.(error);
      this.#fail(id, error);
    };
    settle(() => run(...listOf(args, place)), give, fail);
  }

  #give(id: number, place: string, value: unknown): void {
    const caller = this.#caller;
    if (caller === undefined) return;
    const limit = caller.definition.bootFacts.maxResultChars;
    const text = resultText(place, value, limit, "the engine's maxPayloadBytes");
    this.#answer(id, text);
  }

  #answer(id: number, text: string | Refusal): void {
    if (typeof text !== 'string') return this.#fail(id, text);
    if (text[0] === ENCODED) this.#caller?.answer(id, ANSWER_ENCODED, text.slice(1));
    else this.#caller?.answer(id, ANSWER_VALUE, text);
  }

  #fail(id: number, thrown: unknown): void {
    this.#caller?.answer(id, ANSWER_FAILURE, failureText(thrown));
  }

  #described(id: number, no: number, method: DescribedMethod, args: string): void {
    const caller = this.#caller as HostCaller;
    const invocation = no < FIRST_CALL_NO ? this : caller.callOf(no);
    if (invocation === undefined || ('done' in invocation && invocation.done)) {
      return this.#fail(
        id,
        new Refusal('InvocationEnded', `${method.place} was called after its invocation had ended`),
      );
    }
    const use = this.#useOf(invocation, method);
    const refused = overQuota(method, use, args);
    if (refused !== undefined) return this.#fail(id, refused);
    use.calls++;
    use.inFlight++;
    const { declared, bootFacts } = caller.definition;
    const requestId = requestIdOf(bootFacts.requestPrefix, no);
    const pending = new PendingHostCall(declared.functionName, requestId, caller.id);
    this.#pending.set(id, pending);
    const traced = caller.callOf(no)?.trace?.hostCall(method.place);
    if (method.timeoutMs !== undefined) pending.limit(method.timeoutMs, () => this.#overdue(id, method));
    settle(
      () => this.#run(method, pending, args),
      (text) => {
        traced?.(typeof text === 'string' ? undefined : text);
        this.#settled(id, use, () => this.#answer(id, text));
      },
      (error) => {
        traced?.(error);
        this.#settled(id, use, () => this.#fail(id, error));
      },
    );
  }

  /** Late results do nothing, but until then the call was in flight. */
  #settled(id: number, use: Use, tell: () => void): void {
    use.inFlight--;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.done();
    tell();
  }

  #overdue(id: number, method: DescribedMethod): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    const message = `${method.place} took longer than the ${method.timeoutMs} ms it is allowed; raise quota.timeoutMs`;
    pending.abort(new IsopodError('BindingQuotaExceeded', message));
    this.#fail(id, new Refusal('BindingQuotaExceeded', message));
  }

  #useOf(invocation: object, method: DescribedMethod): Use {
    const uses = this.#uses.get(invocation) ?? new Map<DescribedMethod, Use>();
    const use = uses.get(method) ?? { calls: 0, inFlight: 0 };
    if (use.calls === 0) this.#uses.set(invocation, uses.set(method, use));
    return use;
  }

  /** Text of the result, or a refusal; fails with what the host function or a schema throws. */
  #run(method: DescribedMethod, pending: PendingHostCall, args: string): Eventual<string | Refusal> {
    const { place, call } = method;
    const list = listOf(args, place);
    return after(method.args === undefined ? { value: list } : checkArgs(method.args, list), (verdict) => {
      if ('problem' in verdict) return new Refusal('BindingArgumentInvalid', `${place}: ${verdict.problem}`);
      // Nobody waits any more: do not begin.
      if (pending.aborted) return 'null';
      const value = call(pending, ...(verdict.value as unknown[]));
      return after(value, (given) => this.#textOf(method, pending, given));
    });
  }

  #textOf(method: DescribedMethod, pending: PendingHostCall, given: unknown): Eventual<string | Refusal> {
    const { place, result, maxResultBytes } = method;
    return after(result === undefined ? { value: given } : checkValue(result, given, 'result'), (verdict) => {
      if (!('problem' in verdict)) return resultText(place, verdict.value, maxResultBytes, RESULT_LIMIT);
      const { functionName, requestId } = pending;
      const facts = { functionName, requestId, binding: place, problem: verdict.problem };
      this.#caller?.definition.warn('A host function gave a result its schema refuses', facts);
      return new Refusal(
        'BindingResultInvalid',
        `${place} gave a result its schema refuses; the host knows the details`,
      );
    });
  }

  /** The instance is gone. Host functions are told in a microtask, when everything here is in order again. */
  abandon(): void {
    this.#caller = undefined;
    if (this.#pending.size === 0) return;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const reason = new IsopodError('InstanceLost', 'The instance that called is gone');
    queueMicrotask(() => {
      for (const one of pending) one.abort(reason);
    });
  }
}

/** Tells what `run` comes to, in the same turn when that is possible. */
function settle<T>(run: () => Eventual<T>, done: (value: T) => void, failed: (error: unknown) => void): void {
  let value: Eventual<T>;
  let later: boolean;
  try {
    value = run();
    later = isLater(value);
  } catch (error) {
    return failed(error);
  }
  if (later) Promise.resolve(value).then(done, failed);
  else done(value as T);
}

function overQuota(method: DescribedMethod, use: Use, args: string): Refusal | undefined {
  const over = (what: string): Refusal => new Refusal('BindingQuotaExceeded', `${method.place}: ${what}`);
  const { callsPerInvocation, inFlight, maxArgBytes } = method;
  if (use.calls >= callsPerInvocation) {
    return over(
      `${use.calls} of ${callsPerInvocation} calls of the invocation are used up; raise quota.callsPerInvocation`,
    );
  }
  if (use.inFlight >= inFlight) {
    return over(`${use.inFlight} of ${inFlight} calls are in flight; await some first, or raise quota.inFlight`);
  }
  const bytes = byteLength(args, maxArgBytes);
  if (bytes <= maxArgBytes) return undefined;
  return over(
    `the arguments have ${bytes} bytes as JSON and ${maxArgBytes} are allowed; raise quota.maxArgBytes (or the engine's maxPayloadBytes)`,
  );
}
