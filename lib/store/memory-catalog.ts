/** A catalog that lasts as long as its engine. Values are kept as text, so nobody can change what others read. */
import {
  type Catalog,
  type Change,
  checkKey,
  checkRevision,
  DEFAULT_LIMIT,
  type Document,
  type ListOptions,
  MAX_LIMIT,
  type Page,
} from './catalog.ts';
import { Watchers } from './watchers.ts';

interface Kept {
  readonly text: string;
  readonly revision: number;
}

export class MemoryCatalog implements Catalog {
  readonly #kinds = new Map<string, Map<string, Kept>>();
  readonly #watchers = new Watchers();
  #revision = 0;

  #of(kind: string): Map<string, Kept> {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const documents = new Map<string, Kept>();
    this.#kinds.set(kind, documents);
    return documents;
  }

  async get<T>(kind: string, key: string): Promise<Document<T> | undefined> {
    const kept = this.#of(kind).get(key);
    return kept && { kind, key, value: JSON.parse(kept.text) as T, revision: kept.revision };
  }

  async put<T>(kind: string, key: string, value: T, expected?: number): Promise<Document<T>> {
    checkKey(kind, key);
    const text = JSON.stringify(value);
    const documents = this.#of(kind);
    checkRevision(kind, key, documents.get(key)?.revision ?? 0, expected);
    const revision = ++this.#revision;
    documents.set(key, { text, revision });
    this.#watchers.tell(kind, key, revision, text);
    return { kind, key, value: JSON.parse(text) as T, revision };
  }

  async delete(kind: string, key: string, expected?: number): Promise<boolean> {
    const documents = this.#of(kind);
    checkRevision(kind, key, documents.get(key)?.revision ?? 0, expected);
    if (!documents.delete(key)) return false;
    this.#watchers.tell(kind, key, ++this.#revision, undefined);
    return true;
  }

  async list<T>(kind: string, options: ListOptions = {}): Promise<Page<T>> {
    const { prefix = '', after, limit = DEFAULT_LIMIT } = options;
    const size = Math.min(limit, MAX_LIMIT);
    const keys = [...this.#of(kind).keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
      .sort();
    const documents = keys.slice(0, size).map((key) => {
      const { text, revision } = this.#of(kind).get(key) as Kept;
      return { kind, key, value: JSON.parse(text) as T, revision };
    });
    return { documents, next: keys.length > size ? keys[size - 1] : undefined };
  }

  watch<T>(kind: string, prefix: string, listener: (change: Change<T>) => void): () => void {
    return this.#watchers.add(kind, prefix, listener);
  }

  async close(): Promise<void> {
    this.#kinds.clear();
  }
}
