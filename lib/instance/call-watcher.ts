/** Makes the record of a call when it ends, for those who observe the engine; one for each version of a function. */
import type { IsopodError } from '../errors.ts';
import { InvocationRecord } from '../observe/invocation-record.ts';
import { KIND_BINARY } from '../protocol/door.ts';
import type { Call } from './call.ts';
import type { Definition } from './definition.ts';

export class CallWatcher {
  readonly #definition: Definition;

  constructor(definition: Definition) {
    this.#definition = definition;
  }

  /** `kind` and `payload` as in the protocol's settled list, `error` of a call that failed. */
  ended(call: Call, kind: number, payload: unknown, error: IsopodError | undefined): void {
    const { observers, observed } = this.#definition;
    const now = performance.now();
    const { instance } = call;
    const { detail } = observers;
    const record = new InvocationRecord(
      observed,
      call.no,
      call.waitsUntimed ? 'async' : 'sync',
      call.qualifier,
      instance?.lane,
      instance?.id,
      call.acceptedAt,
      now - call.acceptedAt,
      (instance === undefined ? now : call.givenAt) - call.acceptedAt,
      call.stages,
      call.wantsUse ? call.cpuMs : undefined,
      detail ? instance?.heapUsedBytes() : undefined,
      call.text.length,
      sizeOf(kind, payload, detail),
      call.hostCalls,
      call.attempt,
      error,
      call.trace?.ids,
    );
    call.trace?.ended(record);
    observers.invocation(record);
  }
}

/** Values of other threads come parsed: their size takes making the text again. */
function sizeOf(kind: number, payload: unknown, detail: boolean): number | undefined {
  if (payload === undefined) return 0;
  if (kind === KIND_BINARY && typeof payload === 'string') return payload.length;
  return detail ? JSON.stringify(payload).length : undefined;
}
