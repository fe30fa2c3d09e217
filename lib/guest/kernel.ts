/**
 * The guest kernel: the first script of every isolate. `open` takes in the function's module and hands the one door to the
 * host. Everything later goes through the door: first OP_BOOT, which evaluates the module. In a snapshot the module was
 * evaluated by `load`, and the host calls `takeDoor`. One file because the order of these steps is its whole matter, and a
 * guest must find nothing of it halfway.
 */
import {
  type BootFacts,
  type Crossing,
  LONG_CHARS,
  OP_BOOT,
  OP_CALL_BINARY,
  OP_CALL_MANY,
  OP_INITIALIZE,
  OP_LAST,
  OP_LONG,
  OP_PLAIN_BINARY,
  OP_PRE_STOP,
  OP_RECORDED,
  OP_RESUME,
  TAG_ERROR,
  TAG_HEAD,
  TAG_LONG,
  TAG_PENDING,
  textIn,
} from '../protocol/door.ts';
import {
  callNow,
  enqueue,
  repeatPlain,
  repeatSettled,
  report,
  resumeQueue,
  startCall,
  useHandler,
  useProgress,
} from './calls.ts';
import { setContextFacts } from './context.ts';
import { Described, describe, errorText } from './describe.ts';
import { beginRecording, endRecording } from './fresh.ts';
import { defineGlobals, seal, startClock, useEnvironment } from './globals.ts';
import { type Adapters, type Run, resolveHandler, resolveHook } from './handlers.ts';
import { answer } from './host-calls.ts';
import { hostAccess, type Operate, reportRejection, useOperations } from './host-operations.ts';
import { jsonParse, jsonStringify, NativeError, NativePromise, onSettled, slice, textToBytes } from './intrinsics.ts';
import { log } from './logs.ts';
import { state } from './state.ts';
import { runDueTimers } from './timers.ts';

/** The bundled module as a function; it hands its exports to `exported`. */
type LoadModule = (exported: (exports: unknown, adapters?: Adapters) => void, host: object) => unknown;

/** Written down in the order the host writes them: what V8 knows of such an object is in the snapshot then. */
let facts: BootFacts = {
  requestPrefix: '',
  functionName: '',
  versionId: '',
  handler: '',
  style: 'isopod',
  initializer: '',
  preStop: '',
  memorySize: 0,
  timeout: 0,
  concurrency: 1,
  env: {},
  bindings: {},
  bindingsPerCall: false,
  powers: { webAssembly: false, sharedMemory: false, dynamicCode: true, clockResolutionMs: 0 },
  maxResultChars: 0,
  maxLogChars: 0,
  maxHostCalls: 0,
};
/** The module, until it is evaluated. */
let pending: { readonly module: LoadModule; readonly record: boolean } | undefined;
let booted = false;
let moduleExports: unknown;
let adapters: Adapters = {};
let loading: Promise<unknown> | undefined;
let loadError: string | undefined;
let handlerRun: Run | undefined;

defineGlobals();

/** Evaluates the module. `record`: note what a snapshot would freeze. What it throws is kept and told by OP_BOOT. */
function evaluate(module: LoadModule, record: boolean): void {
  if (record) beginRecording();
  try {
    const returned = module((exports, given) => {
      moduleExports = exports;
      if (given !== undefined) adapters = given;
    }, hostAccess);
    if (returned instanceof NativePromise) {
      loading = returned;
      onSettled(
        returned,
        () => undefined,
        (error) => {
          loadError = describe('TopLevelFailed', error);
        },
      );
    }
  } catch (error) {
    loadError = describe('TopLevelFailed', error);
  }
  if (record) endRecording();
}

/** Takes in what is this instance's own, and evaluates the module where a snapshot has not got it evaluated. */
function boot(text: string, progress: Int32Array, operate: Operate): void {
  if (booted) throw new NativeError('booted twice');
  booted = true;
  const given = jsonParse(text) as BootFacts;
  facts = given;
  state.requestPrefix = given.requestPrefix;
  state.maxResultChars = given.maxResultChars;
  state.maxLogChars = given.maxLogChars;
  state.maxHostCalls = given.maxHostCalls;
  state.concurrency = given.concurrency;
  useEnvironment(given.env);
  setContextFacts(given);
  useProgress(progress);
  useOperations(operate);
  seal(given.powers);
  startClock();
  if (pending !== undefined) evaluate(pending.module, pending.record);
  pending = undefined;
}

/** The module is evaluated (or will be, when its top level is asynchronous): find the handler. */
function ready(no: number): string {
  startCall(
    () => {
      if (loadError !== undefined) throw new Described(loadError);
      return loading === undefined ? findHandler() : waitForModule(loading);
    },
    undefined,
    no,
  );
  return report();
}

function waitForModule(promise: Promise<unknown>): Promise<unknown> {
  return new NativePromise((resolve, reject) => {
    const done = (): void => {
      try {
        if (loadError !== undefined) throw new Described(loadError);
        resolve(findHandler());
      } catch (error) {
        reject(error);
      }
    };
    onSettled(promise, done, done);
  });
}

function findHandler(): undefined {
  const { handler, style, initializer, preStop } = facts;
  handlerRun = resolveHandler(moduleExports, exportOf(handler), style, adapters);
  if (handlerRun === undefined) throw missing(handler);
  if (initializer !== '' && resolveHook(moduleExports, exportOf(initializer)) === undefined) throw missing(initializer);
  if (preStop !== '' && resolveHook(moduleExports, exportOf(preStop)) === undefined) throw missing(preStop);
  handlerRun = adapters.inOwnFrame?.(handlerRun) ?? handlerRun;
  useHandler(handlerRun);
  return undefined;
}

/** `export` of `file.export`. */
function exportOf(handler: string): string {
  let dot = -1;
  for (let at = 0; at < handler.length; at++) if (handler[at] === '.') dot = at;
  return slice(handler, dot + 1);
}

const missing = (handler: string): Described =>
  new Described(
    errorText(
      'HandlerNotFound',
      `The module does not export "${exportOf(handler)}", which the handler "${handler}" names`,
    ),
  );

function hook(name: string, no: number): string {
  const run = resolveHook(moduleExports, exportOf(name));
  if (run !== undefined) startCall(adapters.inOwnFrame?.(run) ?? run, undefined, no);
  return report();
}

/** What the crossing before came to; undefined when it came to nothing. */
let lastReply: string | undefined;
/** Number of its call when that was a plain one, else -1. */
let lastNo = -1;

/** The reply that waits to be asked for. */
let longReply = '';

function door(
  given: Crossing,
  no: number,
  op?: number,
  progress?: Int32Array,
  operate?: Operate,
): string | readonly string[] {
  if (op === OP_LONG) {
    const reply = [longReply];
    longReply = '';
    return reply;
  }
  const reply = replyTo(textIn(given), no, op, progress, operate);
  if (reply.length < LONG_CHARS) return reply;
  longReply = reply;
  return TAG_LONG;
}

function replyTo(text: string, no: number, op?: number, progress?: Int32Array, operate?: Operate): string {
  if (op === OP_LAST) return repeatLast(text);
  lastReply = undefined;
  lastNo = -1;
  if (op === undefined || op === OP_PLAIN_BINARY) {
    lastReply = callNow(text, no, op !== undefined);
    lastNo = no;
  } else {
    lastReply = operateDoor(text, no, op, progress, operate);
  }
  return lastReply;
}

/** isolated-vm throws an unhandled rejection in place of the reply; here is the reply, and the rejection as a log line. */
function repeatLast(rejection: string): string {
  const reply = lastReply;
  lastReply = undefined;
  if (reply === undefined) return '';
  reportRejection(rejection);
  // A reply with a head line goes out as it is, and the log line with the next.
  if (reply === TAG_PENDING || reply[0] === TAG_HEAD) return reply;
  return lastNo >= 0 ? repeatPlain(reply, lastNo) : repeatSettled(reply);
}

function operateDoor(text: string, no: number, op: number, progress?: Int32Array, operate?: Operate): string {
  try {
    switch (op) {
      case OP_CALL_BINARY:
        startCall(handlerRun as Run, textToBytes(text), no);
        return report();
      case OP_CALL_MANY:
        enqueue(jsonParse(text) as unknown[]);
        return report();
      case OP_RESUME:
        if (text !== '') {
          state.worked = true;
          answer(jsonParse(text) as unknown[]);
        }
        // The host wants to know of the next timer, also between calls.
        state.dirty = true;
        runDueTimers((error, call) => log('ERROR', call, ['Uncaught in a timer:', error]));
        resumeQueue();
        return report();
      case OP_BOOT:
        boot(text, progress as Int32Array, operate as Operate);
        return ready(no);
      case OP_INITIALIZE:
        return hook(facts.initializer, no);
      case OP_RECORDED:
        // Text by hand: stringifying an object would look for a toJSON the guest may have put on Object.prototype.
        return `{"touched":${jsonStringify(state.touched)},"async":${loading !== undefined}}`;
      case OP_PRE_STOP:
        return hook(facts.preStop, no);
      default:
        return TAG_ERROR + errorText('InternalError', `Unknown door op ${op}`);
    }
  } catch (error) {
    return TAG_ERROR + describe('InternalError', error);
  }
}

export { isIntact } from './intact.ts';

let taken = false;
let loaded = false;

/** Gives the door, once: whoever comes second gets nothing, so a guest can never hold the door of a working instance. */
export function takeDoor(): typeof door | undefined {
  if (taken) return undefined;
  taken = true;
  return door;
}

/** Takes in the module, to be evaluated when the host boots, and gives the door. */
export function open(module: LoadModule, record: boolean): typeof door | undefined {
  if (loaded) return undefined;
  loaded = true;
  pending = { module, record };
  return takeDoor();
}

/** Evaluates the module at once, for a snapshot. */
export function load(module: LoadModule): void {
  if (loaded) return;
  loaded = true;
  evaluate(module, false);
}
