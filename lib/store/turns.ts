/** One change at a time for each name, in the order they were asked for. */

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `change` when those asked for before have ended, however they ended. */
  take<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const turn = before.then(change, change);
    this.#last.set(name, turn);
    const forget = (): void => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    };
    turn.then(forget, forget);
    return turn;
  }
}
