/** What writes into log stores: files, syslog, functions of this engine. Opened with the first trigger of a store, closed with the engine. */
import { IsopodError } from '../../errors.ts';
import type { TriggerErrorInfo } from '../../types.ts';
import type { Services } from '../services.ts';
import { FileTail } from './file-tail.ts';
import { FunctionFeed } from './function-feed.ts';
import { LogStore } from './log-store.ts';
import { Syslog } from './syslog.ts';

interface Feed {
  close(): Promise<void>;
}

export class LogFeeds {
  readonly #services: Services;
  readonly #feeds = new Map<string, Feed[]>();
  readonly #troubles = new Map<string, TriggerErrorInfo>();
  readonly #readers = new Map<string, Set<string>>();
  /** Ports syslog listens to, by store. */
  readonly syslogPorts = new Map<string, number>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** A function that is called with records of the store: what it writes does not go there until the function returned is called. */
  readBy(name: string, functionName: string): () => void {
    const readers = this.#readers.get(name) ?? new Set();
    this.#readers.set(name, readers.add(functionName));
    return () => readers.delete(functionName);
  }

  static of(services: Services): LogFeeds {
    return services.part('log-feeds', () => new LogFeeds(services));
  }

  async open(name: string): Promise<void> {
    const given = Object.hasOwn(this.#services.options.logs, name) ? this.#services.options.logs[name] : undefined;
    if (given === undefined || this.#feeds.has(name)) return;
    const feeds: Feed[] = [];
    this.#feeds.set(name, feeds);
    const store = LogStore.of(this.#services, name);
    for (const file of given.files ?? []) {
      const tail = new FileTail(this.#services, store, file);
      feeds.push(tail);
      await tail.open();
    }
    const { observe } = this.#services;
    if (given.functions !== undefined && observe !== undefined) {
      const isReader = (functionName: string): boolean => this.#readers.get(name)?.has(functionName) === true;
      const failed = (error: Error): void => this.#told(name, error);
      feeds.push(new FunctionFeed(observe, { store, functions: given.functions, isReader, failed }));
    }
    if (given.syslog === undefined) return;
    const syslog = new Syslog(store, (error) => this.#told(name, error));
    feeds.push(syslog);
    try {
      this.syslogPorts.set(name, await syslog.open(given.syslog.port, given.syslog.host ?? '127.0.0.1'));
    } catch (error) {
      this.#told(name, error as Error);
    }
  }

  #told(name: string, error: Error): void {
    const code = error instanceof IsopodError ? error.code : 'SourceFailed';
    this.#troubles.set(name, { code, message: error.message, time: new Date().toISOString() });
    this.#services.log.error('A feed of a log store fails', { logstore: name, error });
  }

  trouble(name: string): TriggerErrorInfo | undefined {
    return this.#troubles.get(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#feeds.values()].flat().map((feed) => feed.close()));
    this.#feeds.clear();
  }
}
