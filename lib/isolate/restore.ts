/** From an image to an isolate, and from there to its kernel's door in the host's hand. */
import ivm from 'isolated-vm';
import type { Image } from '../image/image.ts';
import { type Crossing, FUNCTION_FILE, LONG_CHARS, OP_LONG, TAG_LONG, textIn } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';
import { newIsolate } from './new-isolate.ts';
import { HEADROOM_MB } from './overgrown.ts';

export type Door = ivm.Reference<(text: Crossing, no: number, op?: number, ...more: ivm.Transferable[]) => Crossing>;

/** A text as it crosses to a guest; see the door. */
export const crossing = (text: string): string | ivm.Copy<string[]> =>
  text.length < LONG_CHARS ? text : new ivm.ExternalCopy([text]).copyInto({ release: true });

const ASK_LONG = ['', 0, OP_LONG] as const;
const AS_COPY = { result: { copy: true } } as const;

/** What a reply stands for. */
export const wholeReply = (door: Door, reply: unknown): string =>
  textIn(reply === TAG_LONG ? door.applySync(undefined, [...ASK_LONG], AS_COPY) : (reply as string));

/** The same without waiting for the isolate, which may stand at a breakpoint. */
export const wholeReplyLater = async (door: Door, reply: unknown): Promise<string> =>
  textIn(reply === TAG_LONG ? await door.apply(undefined, [...ASK_LONG], AS_COPY) : (reply as string));

export interface Restored {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
}

/**
 * Creates the isolate, or takes a blank one. The module is evaluated already when the image is a snapshot. `watched`: the
 * sentinel keeps it to its memory, and V8 is given room beyond it, because it aborts the process when one large allocation
 * finds the heap full.
 */
export function restore(host: IsolateHost, image: Image, memoryMB: number, watched: boolean): Restored {
  if (image.kind === 'snapshot' || !watched) return make(host, image, memoryMB, watched);
  const kind = `${image.kernelName} ${memoryMB}`;
  const restored = host.blanks.take(kind) ?? make(host, image, memoryMB, watched);
  // All it needs of the image is the kernel.
  host.blanks.expect(kind, () => make(host, { ...image, kind: 'plain', data: undefined }, memoryMB, watched));
  return restored;
}

function make(host: IsolateHost, image: Image, memoryMB: number, watched: boolean): Restored {
  const snapshot = (image.kind === 'snapshot' ? host.dataOf(image) : undefined) ?? host.baseOf(image);
  if (watched) host.guard();
  const isolate = watched ? roomyIsolate(memoryMB, snapshot) : newIsolate({ memoryLimit: memoryMB, snapshot });
  try {
    return { isolate, context: isolate.createContextSync() };
  } catch (error) {
    isolate.dispose();
    throw error;
  }
}

/**
 * Collected as early as a heap of its memory would be: V8 goes by the room it has, unless it is told otherwise. New objects
 * have a 32nd of the memory (isolated-vm gives them a 128th), which makes functions that allocate much twice as quick;
 * V8 takes it as it is needed.
 */
function roomyIsolate(memoryMB: number, snapshot: ivm.ExternalCopy<ArrayBuffer>): ivm.Isolate {
  const semiSpaceMB = Math.max(1, Math.min(16, memoryMB >> 5));
  return newIsolate({ memoryLimit: memoryMB + HEADROOM_MB, snapshot }, [
    [`--initial-old-space-size=${Math.ceil(memoryMB / 8)}`, '--initial-old-space-size=0'],
    [`--max-semi-space-size=${semiSpaceMB}`, '--max-semi-space-size=0'],
  ]);
}

/** Takes the kernel's door; an isolate that holds only the kernel gets the module with it. No code of the guest runs. */
export function openDoor(host: IsolateHost, image: Image, { isolate, context }: Restored): Door {
  if (image.kind === 'snapshot') return context.evalSync(`${image.kernelName}.takeDoor()`, { reference: true }) as Door;
  const cachedData = image.kind === 'code-cache' ? host.dataOf(image) : undefined;
  const script = isolate.compileScriptSync(image.script, {
    filename: FUNCTION_FILE,
    ...(cachedData !== undefined && { cachedData }),
  });
  const door = script.runSync(context, { reference: true }) as Door;
  script.release();
  return door;
}

export type BootArguments = readonly [progress: ivm.Copy<Int32Array>, operate: ivm.Callback];

/** What OP_BOOT takes beside the facts. */
export const bootArguments = (host: IsolateHost): BootArguments => [host.watchdog.progress.copyInto(), host.operate];
