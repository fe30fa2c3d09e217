/**
 * The cells of an engine. Each function has one of its own as long as there may be more, so that what it breaks is its
 * own; one more stands ready, so that a killed cell is replaced in a moment.
 */
import { IsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import { Cell } from './cell.ts';
import { POWERS } from './confinement.ts';

export interface CellsOptions {
  /** Processes at most. */
  readonly max: number;
  /** Messages after which a cell that has nothing to do is replaced. */
  readonly recycleAfter: number;
  /** MB above which a cell that has nothing to do is replaced. */
  readonly recycleMB: number;
  readonly logger?: EngineLogger | undefined;
  /** Locks them in; see `jail.ts`. */
  readonly jail?: readonly string[] | undefined;
}

/** Milliseconds between two looks at the cells while any has something to do. */
const LOOK_MS = 20;
/** Milliseconds between two looks at idle cells. */
const IDLE_LOOK_MS = 1_000;
/** A cell that lasted this long owes its end to no pattern; milliseconds. */
const GOOD_LIFE_MS = 10_000;
/** Ends in a row that are answered at once with a new process. */
const FREE_ENDS = 3;
const MAX_BACKOFF_MS = 5_000;

export class Cells {
  readonly #options: CellsOptions;
  readonly #cells = new Set<Cell>();
  /** The cell of a function. */
  readonly #homes = new Map<string, Cell>();
  /** Quick ends in a row by function. */
  readonly #ends = new Map<string, number>();
  #spare: Cell | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastIdleLook = 0;
  #closed = false;
  readonly #onExit = (): void => {
    for (const cell of this.#cells) cell.kill('the engine ends');
  };

  constructor(options: CellsOptions) {
    this.#options = options;
    process.once('exit', this.#onExit);
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  get size(): number {
    return this.#cells.size;
  }

  /** Makes a process ready, so that a first call does not wait for one. */
  warm(): void {
    if (this.#closed || this.#spare !== undefined || this.#cells.size >= this.#options.max) return;
    this.#spare = this.#start();
  }

  /** Throws `JailUnavailable`, naming what a cell could do though it is jailed. */
  async assertJailed(): Promise<void> {
    this.warm();
    const cell = this.#spare ?? this.#emptiest();
    const powers = await cell.powers();
    if (powers.length === 0) return;
    const gaps = powers.map((power) => `${power}, which takes ${POWERS[power]}`);
    throw new IsopodError(
      'JailUnavailable',
      `isolation 'jailed' cannot be kept here: a cell could ${gaps.join('; ')}. Provide that, or settle for 'process'`,
    );
  }

  /** The cell for a function's instance. */
  homeOf(functionName: string): Cell {
    const home = this.#homes.get(functionName);
    if (home !== undefined && !home.isGone) return home;
    const backoffMs = this.#backoffMs(functionName);
    const spare = backoffMs === 0 ? this.#spare : undefined;
    if (spare !== undefined) this.#spare = undefined;
    const cell = spare ?? (this.#cells.size < this.#options.max ? this.#start(backoffMs) : this.#emptiest());
    this.#homes.set(functionName, cell);
    setImmediate(() => this.warm());
    return cell;
  }

  /** Milliseconds to wait before a function whose cell keeps ending gets another. */
  #backoffMs(functionName: string): number {
    const ends = this.#ends.get(functionName) ?? 0;
    return ends <= FREE_ENDS ? 0 : Math.min(MAX_BACKOFF_MS, 100 * 2 ** (ends - FREE_ENDS));
  }

  #emptiest(): Cell {
    let best: Cell | undefined;
    for (const cell of this.#cells) if (best === undefined || cell.instanceCount < best.instanceCount) best = cell;
    return best as Cell;
  }

  #start(opensInMs = 0): Cell {
    const gone = (reason: string, stderr: string): void => this.#gone(cell, reason, stderr);
    const cell: Cell = new Cell(gone, this.#options.jail, opensInMs);
    this.#cells.add(cell);
    return cell;
  }

  #gone(cell: Cell, reason: string, stderr: string): void {
    const lifeMs = performance.now() - cell.began;
    this.#cells.delete(cell);
    if (this.#spare === cell) this.#spare = undefined;
    for (const [functionName, home] of this.#homes) {
      if (home !== cell) continue;
      this.#homes.delete(functionName);
      this.#ends.set(functionName, lifeMs < GOOD_LIFE_MS ? (this.#ends.get(functionName) ?? 0) + 1 : 1);
    }
    if (this.#closed) return;
    this.#options.logger?.warn('A cell is gone', { reason, lifeMs, ...(stderr !== '' && { stderr }) });
  }

  #look(): void {
    const now = performance.now();
    const idleToo = now - this.#lastIdleLook > IDLE_LOOK_MS;
    if (idleToo) this.#lastIdleLook = now;
    for (const cell of this.#cells) {
      if (!cell.isIdle) cell.look(now);
      else if (idleToo && this.#isWorn(cell, now)) cell.kill('it has served long enough');
    }
  }

  #isWorn(cell: Cell, now: number): boolean {
    const { recycleAfter, recycleMB } = this.#options;
    if (cell.hasYielded && now - cell.began >= GOOD_LIFE_MS) return true;
    return cell.calls >= recycleAfter || cell.residentBytes > recycleMB * 1_000_000;
  }

  close(): void {
    this.#closed = true;
    process.off('exit', this.#onExit);
    if (this.#timer !== undefined) clearInterval(this.#timer);
    for (const cell of this.#cells) cell.kill('the engine was closed');
  }
}
