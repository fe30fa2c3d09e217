/** Dead letters of a cluster: as those of one engine, seen and redriven from every engine. */
import { IsopodError } from '../errors.ts';
import { cursorOf, tokenOf } from '../outcome/cursor.ts';
import { type KeptLetter, type Redrive, viewOf } from '../outcome/dead-letters.ts';
import { textOf } from '../outcome/task-record.ts';
import type { LetterBook } from '../queue/shared-events.ts';
import type { DeadLetterDetail, DeadLetterPage, ListOptions } from '../types.ts';
import type { PerFunction } from './per-function.ts';

const DEFAULT_LIMIT = 20;

export interface StoredLetter extends KeptLetter {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export class SharedLetters implements LetterBook {
  readonly #letters: PerFunction<StoredLetter>;

  constructor(letters: PerFunction<StoredLetter>) {
    this.#letters = letters;
  }

  add(letter: KeptLetter): Promise<void> {
    return this.#letters.put(letter.functionName, String(letter.no), { ...letter, time: Date.now() });
  }

  /** Ids are numbers, and those of older letters are smaller. */
  async #ids(functionName: string): Promise<number[]> {
    return (await this.#letters.ids(functionName)).map(Number).sort((a, b) => a - b);
  }

  #read(functionName: string, ids: readonly number[]): Promise<StoredLetter[]> {
    return this.#letters.read(functionName, ids.map(String));
  }

  async list(functionName: string, { limit = DEFAULT_LIMIT, nextToken }: ListOptions): Promise<DeadLetterPage> {
    const after = nextToken === undefined ? 0 : (cursorOf(nextToken, 1)[0] as number);
    const rest = (await this.#ids(functionName)).filter((no) => no > after);
    const page = rest.slice(0, limit);
    return {
      deadLetters: (await this.#read(functionName, page)).map((letter) => viewOf(letter, letter.time)),
      ...(rest.length > limit && { nextToken: tokenOf([page.at(-1) as number]) }),
    };
  }

  async #find(functionName: string, id: string): Promise<StoredLetter> {
    const letter = /^\d+$/.test(id) ? await this.#letters.get(functionName, id) : undefined;
    if (letter !== undefined) return letter;
    const why = `${functionName} has no dead letter "${id}"; it may have been redriven`;
    throw new IsopodError('DeadLetterNotFound', why);
  }

  async get(functionName: string, id: string): Promise<DeadLetterDetail> {
    const letter = await this.#find(functionName, id);
    const event = textOf(letter.text, letter.binary);
    return { ...viewOf(letter, letter.time), event, record: JSON.parse(letter.record) };
  }

  async redrive(functionName: string, ids: readonly string[] | undefined, each: Redrive): Promise<number> {
    const letters =
      ids === undefined
        ? await this.#read(functionName, await this.#ids(functionName))
        : await Promise.all(ids.map((id) => this.#find(functionName, id)));
    for (const letter of letters) {
      await each(letter);
      await this.#letters.delete(functionName, String(letter.no));
    }
    return letters.length;
  }

  purge(functionName: string, ids: readonly string[] | undefined): Promise<number> {
    return this.redrive(functionName, ids, async () => undefined);
  }

  /** The bucket forgets by itself. */
  async forget(): Promise<void> {}
}
