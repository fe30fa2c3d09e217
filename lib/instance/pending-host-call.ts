/** One call of a described method that is not answered, as its host function sees it. */
import type { HostCallContext } from '../types.ts';

export class PendingHostCall implements HostCallContext {
  readonly functionName: string;
  readonly requestId: string;
  readonly instanceId: string;
  /** Made when it is asked for: most host functions never look. */
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reason: unknown;

  constructor(functionName: string, requestId: string, instanceId: string) {
    this.functionName = functionName;
    this.requestId = requestId;
    this.instanceId = instanceId;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  limit(timeoutMs: number, overdue: () => void): void {
    this.#timer = setTimeout(overdue, timeoutMs);
  }

  /** Answered. */
  done(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Nobody waits any more. */
  abort(reason: unknown): void {
    this.done();
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
