/** What the triggers of one engine share: its folder, and where their owner's sources are. Parts are made when first asked for. */
import { IsopodError } from '../errors.ts';
import type { Observable } from '../observe/facts.ts';
import type { CheckedEventSources, EngineLogger } from '../options.ts';
import type { Home } from '../store/home.ts';

interface Closable {
  close(): Promise<void> | void;
}

export class Services {
  readonly home: Home;
  readonly options: CheckedEventSources;
  readonly log: EngineLogger;
  /** Of the engine; undefined where there is none. */
  readonly observe: Observable['observe'] | undefined;
  readonly #parts = new Map<string, Closable>();
  #closed = false;

  constructor(home: Home, options: CheckedEventSources, log: EngineLogger, observe?: Observable['observe']) {
    this.home = home;
    this.options = options;
    this.log = log;
    this.observe = observe;
  }

  /** The part called `name`, made at the first call; closed with the engine, last made first. Throws `EngineClosed`. */
  part<T extends Closable>(name: string, make: () => T): T {
    const known = this.#parts.get(name);
    if (known !== undefined) return known as T;
    if (this.#closed) throw new IsopodError('EngineClosed', 'The engine is closed');
    const part = make();
    this.#parts.set(name, part);
    return part;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const part of [...this.#parts.values()].reverse()) await part.close();
    this.#parts.clear();
  }
}
