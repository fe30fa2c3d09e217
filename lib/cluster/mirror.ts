/** A copy of a shared catalog in memory, so that reading needs no network and goes on without one. Values are kept as text. */
import { DEFAULT_LIMIT, type Document, type ListOptions, MAX_LIMIT, type Page } from '../store/catalog.ts';

interface Kept {
  readonly text: string;
  readonly revision: number;
}

class Kind {
  readonly documents = new Map<string, Kept>();
  /** Undefined when a key came or went. */
  #sorted: string[] | undefined;

  keysChanged(): void {
    this.#sorted = undefined;
  }

  get sorted(): readonly string[] {
    this.#sorted ??= [...this.documents.keys()].sort();
    return this.#sorted;
  }
}

export class Mirror {
  readonly #kinds = new Map<string, Kind>();

  #of(kind: string): Kind {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const made = new Kind();
    this.#kinds.set(kind, made);
    return made;
  }

  /** `text` undefined: there is none any more. False when that is known already. */
  take(kind: string, key: string, revision: number, text: string | undefined): boolean {
    const of = this.#of(kind);
    const known = of.documents.get(key);
    if (known === undefined ? text === undefined : known.revision >= revision) return false;
    if (text === undefined) of.documents.delete(key);
    else of.documents.set(key, { text, revision });
    if ((text === undefined) !== (known === undefined)) of.keysChanged();
    return true;
  }

  get<T>(kind: string, key: string): Document<T> | undefined {
    const kept = this.#of(kind).documents.get(key);
    return kept && { kind, key, value: JSON.parse(kept.text) as T, revision: kept.revision };
  }

  list<T>(kind: string, { prefix = '', after = '', limit = DEFAULT_LIMIT }: ListOptions): Page<T> {
    const { sorted } = this.#of(kind);
    const size = Math.min(limit, MAX_LIMIT);
    const documents: Document<T>[] = [];
    // Keys are in the order of their characters, so those with the prefix follow one another.
    let at = firstAtLeast(sorted, prefix > after ? prefix : after);
    if (sorted[at] === after) at++;
    for (; at < sorted.length; at++) {
      const key = sorted[at] as string;
      if (!key.startsWith(prefix)) break;
      if (documents.length === size) return { documents, next: documents.at(-1)?.key };
      documents.push(this.get<T>(kind, key) as Document<T>);
    }
    return { documents, next: undefined };
  }
}

function firstAtLeast(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
