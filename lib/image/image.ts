/** An image: a function's artifact prepared to start fast. Data only, so that it can be handed to any thread. */
import type { ImageInfo, StartKind } from '../types.ts';

export interface Image {
  readonly kind: StartKind;
  /** Names the content: artifact, kernel, versions and flags. Equal keys mean equal images. */
  readonly key: string;
  /** Evaluates the module; compiled in every instance unless the kind is `snapshot`. */
  readonly script: string;
  /** The heap snapshot or the code cache; shared between threads, never written to. */
  readonly data: SharedArrayBuffer | undefined;
  /** Heap snapshot of the bare kernel, which `code-cache` and `plain` instances start from. */
  readonly base: SharedArrayBuffer;
  readonly kernelName: string;
  readonly info: ImageInfo;
}

/** Bytes as shared memory, which threads can be handed without a copy; what is all of some already stays where it is. */
export function toShared(bytes: Uint8Array): SharedArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof SharedArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(bytes);
  return shared;
}

/** A function's image, which is in memory only while instances start from it. */
export interface ImageSource {
  /** As it was built last. */
  readonly info: ImageInfo;
  /** Undefined when it has to be built again: it is not on disk any more, or was made by another version of Node.js. */
  now(): Image | undefined;
  /** Rejects as a build does. */
  get(): Promise<Image>;
}
