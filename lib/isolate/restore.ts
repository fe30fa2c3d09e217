/** From an image to an isolate with its kernel's door in the host's hand. */
import ivm from 'isolated-vm';
import type { Image } from '../image/image.ts';
import { FUNCTION_FILE } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';

export type Door = ivm.Reference<
  (text: string, no: number, op?: number, progress?: Int32Array, entropy?: (bytes: number) => string) => string
>;

export interface Restored {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  readonly door: Door;
}

/** Creates the isolate and takes the door. The module is evaluated already when the image is a snapshot. */
export function restore(host: IsolateHost, image: Image, memoryMB: number): Restored {
  const snapshot = host.blob(image.kind === 'snapshot' && image.data !== undefined ? image.data : image.base);
  const isolate = new ivm.Isolate({ memoryLimit: memoryMB, snapshot });
  try {
    const context = isolate.createContextSync();
    const door = context.evalSync(`${image.kernelName}.takeDoor()`, { reference: true }) as Door;
    return { isolate, context, door };
  } catch (error) {
    isolate.dispose();
    throw error;
  }
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
