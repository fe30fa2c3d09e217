/** Who wants to hear of changes to documents. */
import type { Change } from './catalog.ts';

interface Watcher {
  readonly kind: string;
  readonly prefix: string;
  readonly listener: (change: Change<never>) => void;
}

export class Watchers {
  readonly #watchers = new Set<Watcher>();

  add<T>(kind: string, prefix: string, listener: (change: Change<T>) => void): () => void {
    const watcher: Watcher = { kind, prefix, listener: listener as Watcher['listener'] };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** `text`: the value as JSON, parsed for each listener; undefined when the document was deleted. */
  tell(kind: string, key: string, revision: number, text: string | undefined): void {
    for (const watcher of this.#watchers) {
      if (watcher.kind !== kind || !key.startsWith(watcher.prefix)) continue;
      const value = text === undefined ? undefined : (JSON.parse(text) as never);
      watcher.listener({ kind, key, revision, value });
    }
  }
}
