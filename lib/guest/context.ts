/** The handler's second argument, shaped as Function Compute's or Lambda's Node.js runtime shapes it. */
import type { BootFacts } from '../protocol/door.ts';
import { makeBindings, readGrants } from './bindings.ts';
import { clockMs } from './clock.ts';
import { objectCreate, objectFreeze, requestId } from './intrinsics.ts';
import { log } from './logs.ts';
import { state } from './state.ts';

let functionFacts: object = objectFreeze({ name: '', handler: '', memory: 0, timeout: 0 });
let serviceFacts: object = objectFreeze({});
let bindings: object = objectFreeze(objectCreate(null) as object);
/** Set when each call has bindings of its own. */
let granted: ReturnType<typeof readGrants> | undefined;
let functionName = '';
/** As Lambda writes it. */
let version = '$LATEST';
let memorySize = 0;
let timeoutMs = 0;

/** No keys are given to guests: hosts that have any bind functions. */
const credentials = objectFreeze({ accessKeyId: '', accessKeySecret: '', securityToken: '' });
const tracing = objectFreeze({
  openTracingSpanContext: '',
  jaegerEndpoint: '',
  openTracingSpanBaggages: objectFreeze({}),
  parseOpenTracingBaggages: () => ({}),
});

/** Takes what is the same for every call of this instance. */
export function setContextFacts(facts: BootFacts): void {
  functionName = facts.functionName;
  version = facts.versionId === 'LATEST' ? '$LATEST' : facts.versionId;
  memorySize = facts.memorySize;
  timeoutMs = facts.timeout * 1_000;
  functionFacts = objectFreeze({
    name: facts.functionName,
    handler: facts.handler,
    memory: facts.memorySize,
    timeout: facts.timeout,
  });
  serviceFacts = objectFreeze({
    name: '',
    logProject: '',
    logStore: '',
    qualifier: facts.versionId,
    versionId: facts.versionId === 'LATEST' ? '' : facts.versionId,
  });
  const grants = readGrants(facts.bindings);
  if (facts.bindingsPerCall) granted = grants;
  else bindings = makeBindings(grants, 0);
}

const bindingsOf = (no: number): object => (granted === undefined ? bindings : makeBindings(granted, no));

type LogMethod = (...args: unknown[]) => void;

function loggerOf(no: number): Readonly<Record<string, LogMethod>> {
  return {
    debug: (...args) => log('DEBUG', no, args),
    info: (...args) => log('INFO', no, args),
    warn: (...args) => log('WARN', no, args),
    error: (...args) => log('ERROR', no, args),
    log: (...args) => log('INFO', no, args),
  };
}

let numberOfCall: (context: object) => number | undefined;
let numberOfLambda: (context: object) => number | undefined;

/** Members are computed when read: most handlers read none, and a call must not pay for them. */
export class CallContext {
  readonly #no: number;
  #bindings: object | undefined;

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
    this.#bindings ??= bindingsOf(this.#no);
    return this.#bindings;
  }
  get logger(): Readonly<Record<string, LogMethod>> {
    return loggerOf(this.#no);
  }
  get service(): object {
    return serviceFacts;
  }
  get credentials(): object {
    return credentials;
  }
  get region(): string {
    return 'local';
  }
  get accountId(): string {
    return '';
  }
  get tracing(): object {
    return tracing;
  }

  toJSON(): object {
    return { requestId: this.requestId, function: functionFacts };
  }

  static {
    numberOfCall = (context) => (#no in context ? context.#no : undefined);
  }
}

/** Lambda's. The deadline counts from the call's begin. */
export class LambdaContext {
  readonly #no: number;
  readonly #begin: number = clockMs();
  #bindings: object | undefined;
  callbackWaitsForEmptyEventLoop = true;

  constructor(no: number) {
    this.#no = no;
  }

  get awsRequestId(): string {
    return requestId(state.requestPrefix, this.#no);
  }
  get functionName(): string {
    return functionName;
  }
  get functionVersion(): string {
    return version;
  }
  get invokedFunctionArn(): string {
    return `arn:aws:lambda:local:000000000000:function:${functionName}`;
  }
  get memoryLimitInMB(): string {
    return `${memorySize}`;
  }
  get logGroupName(): string {
    return `/aws/lambda/${functionName}`;
  }
  get logStreamName(): string {
    return '$LATEST';
  }
  get identity(): undefined {
    return undefined;
  }
  get clientContext(): undefined {
    return undefined;
  }
  get bindings(): object {
    this.#bindings ??= bindingsOf(this.#no);
    return this.#bindings;
  }
  getRemainingTimeInMillis(): number {
    const left = this.#begin + timeoutMs - clockMs();
    return left > 0 ? left : 0;
  }

  static {
    numberOfLambda = (context) => (#no in context ? context.#no : undefined);
  }
}

/** The call a context belongs to; undefined for what is none. */
export function numberOf(context: unknown): number | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  return numberOfCall(context) ?? numberOfLambda(context);
}
