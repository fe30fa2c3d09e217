/** From an image to an isolate, and from there to its kernel's door in the host's hand. */
import ivm from 'isolated-vm';
import type { Image } from '../image/image.ts';
import { type BootFacts, FUNCTION_FILE } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';

export type Door = ivm.Reference<(text: string, no: number, op?: number) => string>;

export interface Restored {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
}

/** Creates the isolate. The module is evaluated already when the image is a snapshot. */
export function restore(host: IsolateHost, image: Image, memoryMB: number): Restored {
  const snapshot = host.blob(image.kind === 'snapshot' && image.data !== undefined ? image.data : image.base);
  const isolate = new ivm.Isolate({ memoryLimit: memoryMB, snapshot });
  try {
    return { isolate, context: isolate.createContextSync() };
  } catch (error) {
    isolate.dispose();
    throw error;
  }
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
  const cachedData = image.kind === 'code-cache' && image.data !== undefined ? host.blob(image.data) : undefined;
  const script = restored.isolate.compileScriptSync(image.script, {
    filename: FUNCTION_FILE,
    ...(cachedData !== undefined && { cachedData }),
  });
  script.runSync(restored.context);
  script.release();
}
