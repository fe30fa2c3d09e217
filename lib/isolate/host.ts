/**
 * What the isolates of one thread share: the watchdog, the host operations, and the images copied in for
 * V8. One per thread, made on first use.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import ivm from 'isolated-vm';
import { LRUCache } from 'lru-cache';
import type { Image } from '../image/image.ts';
import { setV8Flags } from '../image/v8-flags.ts';
import { operate } from '../operation/operate.ts';
import { Blanks } from './blanks.ts';
import { crossing } from './restore.ts';
import { Sentinel } from './sentinel.ts';
import { WATCH_BYTES } from './watch-memory.ts';
import { Watchdog } from './watchdog.ts';

/** Image bytes kept ready per thread, beside those in use. */
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;
/** Milliseconds between two looks at the heaps of instances at rest. */
const HEAP_LOOK_MS = 250;

/** What a thread is given to be watched by another. */
export interface WatchShares {
  readonly shared: SharedArrayBuffer;
  readonly alarm: SharedArrayBuffer;
}

export class IsolateHost {
  readonly watchdog: Watchdog;
  /** What a guest may ask of its host in the middle of a crossing. */
  readonly operate: ivm.Callback;
  /** By a name of their content: the same memory comes as another object with each message of another thread. */
  readonly #blobs = new LRUCache<string, { readonly copy: ivm.ExternalCopy<ArrayBuffer>; readonly bytes: number }>({
    maxSize: MAX_IMAGE_BYTES,
    sizeCalculation: ({ bytes }) => bytes || 1,
  });

  readonly blanks = new Blanks();
  /** Live instances, whose heaps are looked at now and then. */
  readonly heaps = new Set<{ lookAtHeap(): void }>();
  readonly #sentinel: Sentinel | undefined;
  #guarded = false;
  #looking: NodeJS.Timeout | undefined;

  /** `watch`: shared with the thread that started this one, which has it watched. */
  constructor(watch: WatchShares | undefined) {
    this.#sentinel = watch === undefined ? new Sentinel() : undefined;
    const alarm = watch?.alarm ?? (this.#sentinel as Sentinel).alarm;
    this.watchdog = new Watchdog(watch?.shared ?? new SharedArrayBuffer(WATCH_BYTES), alarm);
    setV8Flags();
    this.operate = new ivm.Callback(
      (name: unknown, first: unknown, second: unknown) => crossing(operate(name, first, second)),
      { sync: true },
    );
  }

  /** Has this thread's isolates watched, from before the first runs strangers' code. */
  guard(): void {
    if (this.#guarded) return;
    this.#guarded = true;
    this.#sentinel?.add(this.watchdog.shared);
    this.#looking = setInterval(() => {
      for (const instance of this.heaps) instance.lookAtHeap();
    }, HEAP_LOOK_MS).unref();
  }

  /** For the threads started from this one, too. */
  get sentinel(): Sentinel {
    if (this.#sentinel === undefined) throw new Error('This thread is watched by the sentinel of another');
    return this.#sentinel;
  }

  /** The kernel's snapshot in the form V8 takes. */
  baseOf({ base, kernelName }: Image): ivm.ExternalCopy<ArrayBuffer> {
    return this.#blob(kernelName, base);
  }

  /**
   * An image's own snapshot or code cache in the form V8 takes; undefined when it has none. One that was built twice, by two
   * engines of the process say, may be the one and then the other: V8 ends the process over a snapshot that is none.
   */
  dataOf({ data, key, kind }: Image): ivm.ExternalCopy<ArrayBuffer> | undefined {
    return data && this.#blob(`${kind} ${key}`, data);
  }

  /** Copied once per thread. Isolates keep the copy they were made from. */
  #blob(name: string, bytes: SharedArrayBuffer): ivm.ExternalCopy<ArrayBuffer> {
    const known = this.#blobs.get(name);
    if (known !== undefined) return known.copy;
    const own = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(own).set(new Uint8Array(bytes));
    const copy = new ivm.ExternalCopy(own, { transferOut: true });
    this.#blobs.set(name, { copy, bytes: bytes.byteLength });
    return copy;
  }

  close(): void {
    this.#blobs.clear();
    this.blanks.close();
    clearInterval(this.#looking);
    this.#sentinel?.close();
    this.watchdog.stop();
  }
}

/** Above this a collection at the process's end would be felt; bytes. */
const MAX_LAST_COLLECTION = 256 * 1024 * 1024;

/**
 * Finishes any collection under way. When V8 ends a thread in the middle of incremental marking it finishes that
 * itself, after isolated-vm has let go of the thread, and isolated-vm aborts the process over the handles it then
 * finds dead (`environment != nullptr`). After a whole collection none is under way for a while.
 */
function collectGarbage(): void {
  if (process.memoryUsage().heapUsed > MAX_LAST_COLLECTION) return;
  if (globalThis.gc !== undefined) return globalThis.gc();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // A code cache is refused by a process whose flags differ from its maker's.
  setFlagsFromString('--no-expose-gc');
}

let shared: IsolateHost | undefined;
let users = 0;
let collectsAtExit = false;

/** The host of this thread, made for its first user. Each `acquire` is paid back with one `release`. */
export function acquireThreadHost(watch?: WatchShares): IsolateHost {
  if (shared === undefined) {
    shared = new IsolateHost(watch);
    if (isMainThread && !collectsAtExit) {
      collectsAtExit = true;
      process.once('exit', collectGarbage);
    }
  }
  users++;
  return shared;
}

/** The last user's release ends the watchdog. Its instances must be disposed before. */
export function releaseThreadHost(): void {
  if (--users > 0) return;
  shared?.close();
  shared = undefined;
  if (!isMainThread) collectGarbage();
}
