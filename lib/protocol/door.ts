/**
 * The door between an isolate host and its guest: one function, `door(text, no, op)`, that takes text and
 * returns text. Nothing else crosses, but for what OP_BOOT hands in. Both sides are built from this file, so they cannot disagree.
 *
 * A reply to a plain call (op left out, or OP_PLAIN_BINARY) is the value's JSON text, or starts with one of the tags below; JSON text
 * never does. Every other op answers with settled calls, a flat JSON array `[no, kind, payload, ...]`, put after
 * a head line when there is more to say: `#[more,timerMs,active,logs,dropped,hostCalls]\n[no,kind,payload,...]`.
 *
 * Texts of LONG_CHARS and more cross as the one element of an array, replies when they are asked for. isolated-vm would hand
 * them over outside of V8's heaps: slowly, and V8, which does not know what they hold, would not collect them.
 */

/** Ops. A plain call with a JSON event has none, because it is the hot path. The event's text: one character per byte. */
export const OP_CALL_BINARY = 1;
/** text: `[no, event, no, event, ...]` as JSON. A negative number means that the call's result is not wanted. */
export const OP_CALL_MANY = 2;
/** text: answers to host calls, flat `[id, how, value, ...]`, or empty. Fires due timers and collects what settled. */
export const OP_RESUME = 3;
/** A plain call with a binary event, and answered as one. */
export const OP_PLAIN_BINARY = 4;
/**
 * The first of all. text: BootFacts; two more arguments come along: an Int32Array counted up for each call begun, and the
 * host's operations. Evaluates the module where that is not done yet, finds the handlers; settles as call `no`.
 */
export const OP_BOOT = 5;
export const OP_INITIALIZE = 6;
export const OP_PRE_STOP = 7;
/** Tells what the module read while it was evaluated that a snapshot would freeze; see Recorded. */
export const OP_RECORDED = 8;

/** The last reply once more, because an unhandled rejection (text: what it was) took its place. Empty: there was none. */
export const OP_LAST = 9;

/** Gives the reply that TAG_LONG announced, in an array. */
export const OP_LONG = 10;

/** Characters. isolated-vm copies what has less than 1,024 bytes. */
export const LONG_CHARS = 512;

/** First characters of a reply that is not a value. */
export const TAG_ERROR = '!';
export const TAG_BINARY = '=';
export const TAG_PENDING = '~';
export const TAG_HEAD = '#';
/** Stands alone: the reply is long, and to be asked for. */
export const TAG_LONG = '>';

/** A text as it crosses. */
export type Crossing = string | readonly string[];
export const textIn = (crossed: Crossing): string => (typeof crossed === 'string' ? crossed : (crossed[0] as string));

/** Kinds in a settled list. */
export const KIND_VALUE = 0;
export const KIND_ERROR = 1;
/** Payload: one character per byte. */
export const KIND_BINARY = 2;
export const KIND_UNDEFINED = 3;
/** Calls `no`, `no + 1`, ... succeeded whose results are not wanted; payload: how many. */
export const KIND_DONE = 4;

/** How a host call was answered. `ENCODED`: as values.ts has it, without the tag. Failure: a HostFailure. */
export const ANSWER_FAILURE = 0;
export const ANSWER_VALUE = 1;
export const ANSWER_ENCODED = 2;

/** What a guest is told of a host call that failed. */
export interface HostFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** The code is one of the error table and the engine's own word, so an invocation that fails with it has that code. */
  readonly engine?: true;
  /** Own properties of the error that are JSON values. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Calls are numbered from here; the host makes those below itself (ready, initializer, preStop). */
export const FIRST_CALL_NO = 16;

/** In a head line: look again at once, because promises may have settled after the reply was made. */
export const MORE_NOW = 1;
/** In a head line: the slice of a batch is over; go on after other work had its turn. */
export const MORE_LATER = 2;

/** Milliseconds of one slice of a batch; the guest returns to the host after it with `more` set. */
export const SLICE_MS = 2;

/** The binding name that stands for the engine itself in a host call; the method is then an operation. */
export const ENGINE = '';
/** The operation that tells of a limit there is little left of. */
export const NEAR_OPERATION = 'near';
/** A result in pieces. Text of the first: what stands before them, as JSON; answered with whether anybody takes pieces. Of the second: one piece. */
export const STREAM_START = 'streamStart';
export const STREAM_WRITE = 'streamWrite';
/** The next piece of what the caller sends meanwhile; answered with its text, one character a byte, or null at the end. */
export const STREAM_READ = 'streamRead';

/** Whose conventions a handler follows: ours, Function Compute's or Lambda's. */
export type HandlerStyle = 'isopod' | 'fc' | 'lambda';

/** What of the language a function may use. */
export interface Powers {
  readonly webAssembly: boolean;
  /** SharedArrayBuffer and Atomics. */
  readonly sharedMemory: boolean;
  /** `eval`, and functions made from text. */
  readonly dynamicCode: boolean;
  /** Milliseconds between two ticks of the clocks it sees; 0 for the system's. */
  readonly clockResolutionMs: number;
}

/** What a function that asks for nothing may use. */
export const ORDINARY: Powers = Object.freeze({
  webAssembly: false,
  sharedMemory: false,
  dynamicCode: true,
  clockResolutionMs: 0,
});

/** What differs between instances of one image; handed in, as JSON text, when the door is taken. */
export interface BootFacts {
  /** Text before the hexadecimal call number in a request id. */
  readonly requestPrefix: string;
  /** Without the tenant. */
  readonly functionName: string;
  /** `LATEST`, or the number of a published version. */
  readonly versionId: string;
  /** `file.export`. */
  readonly handler: string;
  readonly style: HandlerStyle;
  readonly initializer: string;
  readonly preStop: string;
  /** MB. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  readonly concurrency: number;
  readonly env: Readonly<Record<string, string>>;
  /** binding -> methods. */
  readonly bindings: Readonly<Record<string, readonly string[]>>;
  /** Host calls are put down to the invocation whose context they were made with. */
  readonly bindingsPerCall: boolean;
  readonly powers: Powers;
  readonly maxResultChars: number;
  readonly maxLogChars: number;
  readonly maxHostCalls: number;
}

/** What was noted while a module was evaluated. */
export interface Recorded {
  /** Names of what it read that differs per instance, joined by commas; empty when nothing. */
  readonly touched: string;
  /** Its top level awaits. */
  readonly async: boolean;
}

/** What a guest tells about something thrown. */
export interface GuestError {
  /** A code of the error table. */
  readonly code: string;
  readonly message: string;
  readonly errorType?: string;
  readonly stack?: string;
}

/** Files the two scripts of an isolate are compiled as; stack frames are recognised by them. */
export const KERNEL_FILE = 'isopod:kernel';
export const FUNCTION_FILE = 'isopod:function';

/** Request ids look like UUIDs: the engine's random prefix, then the call number in hexadecimal. */
export function requestIdOf(prefix: string, no: number): string {
  return prefix + no.toString(16).padStart(12, '0');
}
