/**
 * The journal of an engine. With a dataDir it is a file, opened with the engine; without one it is in memory, and made when
 * something is first kept in it: a task, an outcome for a destination, a dead letter.
 */
import { Journal, type JournalOptions } from './journal.ts';

export class EngineJournal {
  readonly #options: JournalOptions;
  /** What is kept outlives the process. */
  readonly isLasting: boolean;
  #journal: Journal | undefined;

  private constructor(journal: Journal | undefined, options: JournalOptions) {
    this.#options = options;
    this.#journal = journal;
    this.isLasting = journal !== undefined;
  }

  /** Rejects with `DataDirDamaged` or `DataDirUnusable`. */
  static async open(path: string | undefined, options: JournalOptions): Promise<EngineJournal> {
    return new EngineJournal(path === undefined ? undefined : await Journal.open(path, options), options);
  }

  /** There may be something in it. */
  get isUsed(): boolean {
    return this.#journal !== undefined;
  }

  get journal(): Journal {
    this.#journal ??= Journal.inMemory(this.#options);
    return this.#journal;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }
}
