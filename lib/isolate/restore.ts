/** From an image to an isolate, and from there to its kernel's door in the host's hand. */
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';
import type { Image } from '../image/image.ts';
import { type BootFacts, FUNCTION_FILE } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';
import { HEADROOM_MB } from './overgrown.ts';

export type Door = ivm.Reference<(text: string, no: number, op?: number) => string>;

export interface Restored {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
}

/**
 * Creates the isolate. The module is evaluated already when the image is a snapshot. `watched`: the sentinel keeps it to its
 * memory, and V8 is given room beyond it, because it aborts the process when one large allocation finds the heap full.
 */
export function restore(host: IsolateHost, image: Image, memoryMB: number, watched: boolean): Restored {
  const snapshot = (image.kind === 'snapshot' ? host.dataOf(image) : undefined) ?? host.baseOf(image);
  if (watched) host.guard();
  const isolate = watched ? roomyIsolate(memoryMB, snapshot) : new ivm.Isolate({ memoryLimit: memoryMB, snapshot });
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
  setFlagsFromString(`--initial-old-space-size=${Math.ceil(memoryMB / 8)}`);
  setFlagsFromString(`--max-semi-space-size=${Math.max(1, Math.min(16, memoryMB >> 5))}`);
  const isolate = new ivm.Isolate({ memoryLimit: memoryMB + HEADROOM_MB, snapshot });
  // As they were: code caches are refused where flags differ.
  setFlagsFromString('--initial-old-space-size=0');
  setFlagsFromString('--max-semi-space-size=0');
  return isolate;
}

/** Hands in what is the instance's own and takes the kernel's door, in one crossing. */
export function takeDoor(host: IsolateHost, image: Image, restored: Restored, facts: BootFacts): Door {
  return restored.context.evalClosureSync(
    `return ${image.kernelName}.takeDoor($0, $1, $2)`,
    [JSON.stringify(facts), host.watchdog.progress.copyInto(), host.operate],
    { result: { reference: true } },
  ) as Door;
}

/** Evaluates the module in an isolate that holds only the kernel. What it throws is told by the door later. */
export function evaluate(host: IsolateHost, image: Image, restored: Restored): void {
  const cachedData = image.kind === 'code-cache' ? host.dataOf(image) : undefined;
  const script = restored.isolate.compileScriptSync(image.script, {
    filename: FUNCTION_FILE,
    ...(cachedData !== undefined && { cachedData }),
  });
  script.runSync(restored.context);
  script.release();
}
