/**
 * The numbers of calls, of which request ids are made. With a journal they go on where the last process left off, so that
 * an event keeps its number and its request id: numbers are reserved in blocks, and a block is used by one process only.
 */
import { randomBytes } from 'node:crypto';
import type { EngineJournal } from '../journal/engine-journal.ts';
import { FIRST_CALL_NO } from '../protocol/door.ts';

/** At a million calls a second it lasts for a minute; 4 million blocks make numbers of 48 bits. */
const BLOCK = 2 ** 26;

export class Numbers {
  readonly #keeper: EngineJournal;
  readonly requestPrefix: string;
  readonly first: number;
  #reserved: number;

  private constructor(keeper: EngineJournal, requestPrefix: string, first: number) {
    this.#keeper = keeper;
    this.requestPrefix = requestPrefix;
    this.first = first;
    this.#reserved = first + BLOCK;
  }

  /** Rejects with `StoreFailed`. */
  static async open(keeper: EngineJournal): Promise<Numbers> {
    if (!keeper.isLasting) return new Numbers(keeper, makeRequestPrefix(), FIRST_CALL_NO);
    const facts = new Map((await keeper.journal.ask('facts')) as [string, string][]);
    const prefix = facts.get('requestPrefix') ?? makeRequestPrefix();
    const numbers = new Numbers(keeper, prefix, Number(facts.get('nextNumber') ?? FIRST_CALL_NO));
    keeper.journal.change('setFact', 'requestPrefix', prefix);
    numbers.#write();
    await keeper.journal.ask('facts');
    if (keeper.journal.stalled !== undefined) throw keeper.journal.stalled;
    return numbers;
  }

  #write(): void {
    this.#keeper.journal.change('setFact', 'nextNumber', String(this.#reserved));
  }

  /** To be called now and then: reserves more before they run out. `next`: the number of the next call. */
  look(next: number): void {
    if (!this.#keeper.isLasting || this.#reserved - next > BLOCK / 2) return;
    this.#reserved = next + BLOCK;
    this.#write();
  }
}

/** The first 24 of a UUID's 36 characters; the call number in hexadecimal completes a request id. */
function makeRequestPrefix(): string {
  const hex = randomBytes(10).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-`;
}
