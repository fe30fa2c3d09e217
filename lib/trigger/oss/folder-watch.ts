/** Tells what files of a folder appear, change and go, and at first which are there. */
import { type FSWatcher, watch } from 'chokidar';
import { keyOf, OWN_FOLDER } from './object-key.ts';

/** Milliseconds a file must keep its size to count as written. */
const SETTLED_MS = 100;
const POLL_MS = 25;

export interface FolderEvents {
  present(path: string): void;
  absent(path: string): void;
  /** All that is there. */
  ready(paths: readonly string[]): Promise<void>;
  failed(error: Error): void;
}

export class FolderWatch {
  readonly #folder: string;
  readonly #events: FolderEvents;
  #watcher: FSWatcher | undefined;

  constructor(folder: string, events: FolderEvents) {
    this.#folder = folder;
    this.#events = events;
  }

  async start(): Promise<void> {
    const found: string[] = [];
    let isReady = false;
    const watcher = watch(this.#folder, {
      ignored: (path) => keyOf(this.#folder, path).split('/')[0] === OWN_FOLDER,
      followSymlinks: false,
      awaitWriteFinish: { stabilityThreshold: SETTLED_MS, pollInterval: POLL_MS },
    });
    this.#watcher = watcher;
    watcher.on('add', (path) => {
      if (isReady) this.#events.present(path);
      else found.push(path);
    });
    watcher.on('change', (path) => this.#events.present(path));
    watcher.on('unlink', (path) => this.#events.absent(path));
    watcher.on('error', (error) => this.#events.failed(error as Error));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    isReady = true;
    await this.#events.ready(found);
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }
}
