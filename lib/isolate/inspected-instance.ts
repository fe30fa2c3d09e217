/** An instance in an isolate a debugger may stop. Stands where a worker thread's would: every call is handed over and settles later. */

import type { Inspector, InspectTarget } from '../inspect-options.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { InstanceOwner } from '../instance/instance.ts';
import { DirectInstance } from './direct-instance.ts';
import type { IsolateHost } from './host.ts';
import { InspectedIsolate } from './inspected-isolate.ts';

/** Longest a timer of Node.js can wait: nobody's step is hurried. */
const FOREVER_MS = 2_147_483_647;

export class InspectedInstance extends DirectInstance {
  override readonly lane = 'worker';
  readonly #inspector: Inspector;
  readonly #target: InspectTarget;
  readonly #isolate: InspectedIsolate;

  constructor(id: string, definition: Definition, owner: InstanceOwner, host: IsolateHost, inspector: Inspector) {
    const isolates: InspectedIsolate[] = [];
    super(id, definition, owner, host, {
      limits: { prepareMs: FOREVER_MS, initializerMs: FOREVER_MS, preStopMs: FOREVER_MS, callMs: FOREVER_MS, cpuMs: 0 },
      make: (listener) => {
        const isolate = new InspectedIsolate(host, listener, () => definition.code.sourceMap());
        isolates.push(isolate);
        return isolate;
      },
    });
    this.#inspector = inspector;
    this.#isolate = isolates[0] as InspectedIsolate;
    const { functionName } = definition.declared;
    this.#target = { id, functionName, connect: (send) => this.#isolate.connect(send) };
  }

  override async prepare(): Promise<void> {
    await super.prepare();
    this.#inspector.opened(this.#target);
  }

  override submit(call: Call): void {
    this.register(call);
    if (call.binary) this.#isolate.callBinary(call.text, call.no, FOREVER_MS);
    else this.#isolate.callMany(`[${call.no},${call.text}]`, FOREVER_MS);
  }

  protected override cpuMsOf(): number {
    return 0;
  }

  protected override destroy(): void {
    super.destroy();
    this.#inspector.closed(this.#target);
  }
}
