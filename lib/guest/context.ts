/** The handler's second argument, shaped as Function Compute's Node.js runtime shapes it. */
import type { BootFacts } from '../protocol/door.ts';
import { makeBindings } from './host-calls.ts';
import { objectCreate, objectFreeze, requestId } from './intrinsics.ts';
import { log } from './logs.ts';
import { state } from './state.ts';

let functionFacts: object = objectFreeze({ name: '', handler: '', memory: 0, timeout: 0 });
let bindings: object = objectFreeze(objectCreate(null) as object);

/** Takes what is the same for every call of this instance. */
export function setContextFacts(facts: BootFacts): void {
  functionFacts = objectFreeze({
    name: facts.functionName,
    handler: facts.handler,
    memory: facts.memorySize,
    timeout: facts.timeout,
  });
  bindings = makeBindings(facts.bindings);
}

type LogMethod = (...args: unknown[]) => void;

/** Members are computed when read: most handlers read none, and a call must not pay for them. */
export class CallContext {
  readonly #no: number;

  constructor(no: number) {
    this.#no = no;
  }

  get requestId(): string {
    return requestId(state.requestPrefix, this.#no);
  }

  get function(): object {
    return functionFacts;
  }

  get bindings(): object {
    return bindings;
  }

  get logger(): Readonly<Record<string, LogMethod>> {
    const no = this.#no;
    return {
      debug: (...args) => log('DEBUG', no, args),
      info: (...args) => log('INFO', no, args),
      warn: (...args) => log('WARN', no, args),
      error: (...args) => log('ERROR', no, args),
      log: (...args) => log('INFO', no, args),
    };
  }

  toJSON(): object {
    return { requestId: this.requestId, function: functionFacts };
  }
}
