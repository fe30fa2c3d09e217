/**
 * The numbers of calls, of which request ids are made. With a journal they go on where the last process left off, so that
 * an event keeps its number and its request id: numbers are reserved in blocks, and a block is used by one process only. The
 * engines of a cluster take their blocks from it, so that a call has one number wherever it goes.
 */
import { randomBytes } from 'node:crypto';
import type { EngineJournal } from '../journal/engine-journal.ts';
import { FIRST_CALL_NO } from '../protocol/door.ts';
import type { SharedNumbers } from '../store/home.ts';

/** At a million calls a second it lasts for a minute; 4 million blocks make numbers of 48 bits. */
const BLOCK = 2 ** 26;

export class Numbers {
  readonly #keeper: EngineJournal;
  readonly requestPrefix: string;
  readonly first: number;
  #reserved: number;
  readonly #shared: SharedNumbers | undefined;
  #coming = false;
  /** First of the next block of the cluster's. */
  #next: number | undefined;

  private constructor(keeper: EngineJournal, requestPrefix: string, first: number, shared?: SharedNumbers) {
    this.#keeper = keeper;
    this.#shared = shared;
    this.requestPrefix = requestPrefix;
    this.first = first;
    this.#reserved = first + BLOCK;
  }

  /** Rejects with `StoreFailed` or `ClusterUnavailable`. */
  static async open(keeper: EngineJournal, shared?: SharedNumbers): Promise<Numbers> {
    if (shared !== undefined) return new Numbers(keeper, shared.requestPrefix, await shared.reserve(BLOCK), shared);
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

  /**
   * To be called now and then: reserves more before they run out. `next`: the number of the next call. Gives the number it is
   * to have instead, if any.
   */
  look(next: number): number | undefined {
    if (this.#reserved - next > BLOCK / 2) return undefined;
    if (this.#shared !== undefined) return this.#change(this.#shared);
    if (!this.#keeper.isLasting) return undefined;
    this.#reserved = next + BLOCK;
    this.#write();
    return undefined;
  }

  /** Goes over to the next block once there is one. */
  #change(shared: SharedNumbers): number | undefined {
    const next = this.#next;
    if (next !== undefined) {
      this.#next = undefined;
      this.#reserved = next + BLOCK;
      return next;
    }
    if (this.#coming) return undefined;
    this.#coming = true;
    shared
      .reserve(BLOCK)
      .then((first) => {
        this.#next = first;
      })
      // Half a block is left for the server to come back.
      .catch(() => undefined)
      .finally(() => {
        this.#coming = false;
      });
    return undefined;
  }
}

/** The first 24 of a UUID's 36 characters; the call number in hexadecimal completes a request id. */
export function makeRequestPrefix(): string {
  const hex = randomBytes(10).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-`;
}
