/** How far a trigger has come in its source, kept in the catalog; a trigger may have several, a shard or queue each. */
import { type Catalog, type Document, documents } from '../store/catalog.ts';

export const POSITION_KIND = 'trigger-position';

export class Positions {
  readonly #catalog: Catalog;
  readonly #key: string;
  /** What is to be written after the write under way, by name: the last one counts. */
  readonly #waiting = new Map<string, { value: unknown; readonly kept: Promise<void> }>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(catalog: Catalog, triggerKey: string) {
    this.#catalog = catalog;
    this.#key = triggerKey;
  }

  async load<T>(name: string): Promise<T | undefined> {
    return (await this.#catalog.get<T>(POSITION_KIND, `${this.#key}:${name}`))?.value;
  }

  /** Resolves when this position, or a later one, is kept. */
  save<T>(name: string, value: T): Promise<void> {
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) {
      waiting.value = value;
      return waiting.kept;
    }
    const before = this.#writing.get(name) ?? Promise.resolve();
    const kept = before.catch(() => undefined).then(() => this.#write(name));
    this.#waiting.set(name, { value, kept });
    return kept;
  }

  #write(name: string): Promise<void> {
    const { value } = this.#waiting.get(name) as { value: unknown };
    this.#waiting.delete(name);
    const writing = this.#catalog.put(POSITION_KIND, `${this.#key}:${name}`, value).then(() => undefined);
    this.#writing.set(name, writing);
    const forget = (): void => {
      if (this.#writing.get(name) === writing) this.#writing.delete(name);
    };
    writing.then(forget, forget);
    return writing;
  }

  /** With its revision, for positions several engines share. */
  read<T>(name: string): Promise<Document<T> | undefined> {
    return this.#catalog.get<T>(POSITION_KIND, `${this.#key}:${name}`);
  }

  /** Rejects with `ConcurrentUpdateError` when the position is not as it was read. */
  async replace<T>(name: string, value: T, revision: number): Promise<number> {
    return (await this.#catalog.put(POSITION_KIND, `${this.#key}:${name}`, value, revision)).revision;
  }

  async forget(): Promise<void> {
    for await (const { key } of documents(this.#catalog, POSITION_KIND, `${this.#key}:`)) {
      await this.#catalog.delete(POSITION_KIND, key);
    }
  }
}
