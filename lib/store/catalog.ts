/**
 * The catalog: what an engine is told to remember, as documents. A document is a JSON value under a kind ("function",
 * "alias", ...) and a key. One interface for memory, for a file under dataDir, and for a store many engines share; so
 * everything is asynchronous, and whoever may meet another writer passes the revision it has read.
 */
import { IsopodError } from '../errors.ts';

export interface Document<T = unknown> {
  readonly kind: string;
  readonly key: string;
  /** A copy of its own for each reader. */
  readonly value: T;
  /** Grows with every change of the catalog; tells two states of a document apart, and nothing else. */
  readonly revision: number;
}

export interface Change<T = unknown> {
  readonly kind: string;
  readonly key: string;
  readonly revision: number;
  /** Undefined when the document was deleted. */
  readonly value: T | undefined;
}

export interface ListOptions {
  /** Only keys that begin with it. */
  readonly prefix?: string | undefined;
  /** Only keys after this one: `next` of the page before. */
  readonly after?: string | undefined;
  /** Documents of a page, 1-1,000; default 100. */
  readonly limit?: number | undefined;
}

export interface Page<T = unknown> {
  /** By key, in the order of its characters' codes. */
  readonly documents: readonly Document<T>[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface Catalog {
  get<T>(kind: string, key: string): Promise<Document<T> | undefined>;
  /**
   * Creates or replaces. `expected`: the revision the document must still have, 0 when there must be none; any by default.
   * Resolves when it is kept. Rejects with `ConcurrentUpdateError`, or `StoreFailed` when it could not be written.
   */
  put<T>(kind: string, key: string, value: T, expected?: number): Promise<Document<T>>;
  /** False when there was none. As `put`. */
  delete(kind: string, key: string, expected?: number): Promise<boolean>;
  list<T>(kind: string, options?: ListOptions): Promise<Page<T>>;
  /** Tells every change from now on, after it is kept, in order. Returns what ends that. Listeners must not throw. */
  watch<T>(kind: string, prefix: string, listener: (change: Change<T>) => void): () => void;
  close(): Promise<void>;
}

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1_000;
/** Characters of a key. */
const MAX_KEY = 512;
/** Visible ASCII, which every store sorts the same way. Parts of a key are joined with `:`, which no name contains. */
const KEY = /^[\x21-\x7e]+$/;

export function checkKey(kind: string, key: string): void {
  if (key.length <= MAX_KEY && KEY.test(key) && KEY.test(kind)) return;
  throw new IsopodError(
    'InvalidArgument',
    `${kind}: a key is 1-${MAX_KEY} visible ASCII characters without spaces, got ${JSON.stringify(key.slice(0, 80))}`,
  );
}

/** Throws `ConcurrentUpdateError` when a document is not as its writer has read it. `found`: 0 when there is none. */
export function checkRevision(kind: string, key: string, found: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== found) throw changedMeanwhile(kind, key);
}

export const changedMeanwhile = (kind: string, key: string): IsopodError =>
  new IsopodError(
    'ConcurrentUpdateError',
    `The ${kind} ${key} was changed by someone else meanwhile; read it again, then repeat the change`,
  );

/** Every document of a kind, page by page. */
export async function* documents<T>(catalog: Catalog, kind: string, prefix = ''): AsyncGenerator<Document<T>> {
  let after: string | undefined;
  do {
    const page: Page<T> = await catalog.list<T>(kind, { prefix, after, limit: MAX_LIMIT });
    yield* page.documents;
    after = page.next;
  } while (after !== undefined);
}
