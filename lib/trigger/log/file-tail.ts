/**
 * Lines of a file, as they come. A file that is renamed away is read to its end before its successor; one that became
 * shorter is read from its start. How far it was read is kept in the moment the lines are, so each line comes once.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EventFile } from '../kept/event-file.ts';
import type { Services } from '../services.ts';
import type { LogStore } from './log-store.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 100;
const CHUNK_BYTES = 65_536;
/** Bytes of a line; a longer one is cut into several. */
const MAX_LINE = 1_048_576;
const NEWLINE = 10;

export class FileTail {
  readonly #path: string;
  readonly #store: LogStore;
  readonly #file: EventFile;
  readonly #key: string;
  #handle: FileHandle | undefined;
  #inode = 0;
  /** Of the first byte that is not in the store. */
  #offset = 0;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(services: Services, store: LogStore, path: string) {
    this.#path = path;
    this.#store = store;
    this.#file = EventFile.of(services);
    this.#key = `tail:${store.name}:${path}`;
  }

  /** The first time a file is read from its end on: what was there before is old. */
  async open(): Promise<void> {
    const known = this.#file.get<{ name: string; seq: number }>(
      'SELECT name, seq FROM consumers WHERE stream = ?',
      this.#key,
    );
    const facts = await stat(this.#path).catch(() => undefined);
    if (known === undefined) {
      this.#inode = facts?.ino ?? 0;
      this.#offset = facts?.size ?? 0;
      await this.#file.change(() => this.#remember());
    } else {
      this.#inode = Number(known.name);
      this.#offset = known.seq;
      if (facts?.ino !== this.#inode) await this.#openRotated();
    }
    this.#look();
  }

  /** Only inside a change. */
  #remember(): void {
    this.#file.run('DELETE FROM consumers WHERE stream = ?', this.#key);
    this.#file.run(
      'INSERT INTO consumers (stream, name, seq) VALUES (?, ?, ?)',
      this.#key,
      String(this.#inode),
      this.#offset,
    );
  }

  /** The file that was read last may lie beside its successor under another name. */
  async #openRotated(): Promise<void> {
    const folder = dirname(this.#path);
    for (const name of await readdir(folder).catch(() => [])) {
      if (!name.startsWith(basename(this.#path))) continue;
      const handle = await open(join(folder, name)).catch(() => undefined);
      if (handle !== undefined && (await handle.stat()).ino === this.#inode) {
        this.#handle = handle;
        return;
      }
      await handle?.close();
    }
  }

  #look(): void {
    this.#reading = this.#read()
      .catch(() => undefined)
      .then(() => {
        if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
      });
  }

  async #read(): Promise<void> {
    const facts = await stat(this.#path).catch(() => undefined);
    if (this.#handle === undefined) {
      if (facts === undefined) return;
      this.#handle = await open(this.#path);
      if (facts.ino !== this.#inode) this.#begin(facts.ino);
    }
    const { size } = await this.#handle.stat();
    if (size < this.#offset) this.#offset = 0;
    const isOver = facts !== undefined && facts.ino !== this.#inode;
    await this.#lines(this.#handle, isOver);
    if (!isOver) return;
    await this.#handle.close();
    this.#handle = await open(this.#path);
    this.#begin((await this.#handle.stat()).ino);
    await this.#lines(this.#handle, false);
  }

  #begin(inode: number): void {
    this.#inode = inode;
    this.#offset = 0;
  }

  /** `toEnd`: nobody will complete the last line. */
  async #lines(handle: FileHandle, toEnd: boolean): Promise<void> {
    for (;;) {
      let chunk = Buffer.alloc(CHUNK_BYTES);
      let { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, this.#offset);
      while (bytesRead === chunk.length && chunk.lastIndexOf(NEWLINE) < 0 && bytesRead < MAX_LINE) {
        chunk = Buffer.alloc(chunk.length * 2);
        ({ bytesRead } = await handle.read(chunk, 0, chunk.length, this.#offset));
      }
      const read = chunk.subarray(0, bytesRead);
      const end = read.lastIndexOf(NEWLINE) + 1;
      const taken = end > 0 ? end : toEnd || bytesRead >= MAX_LINE ? bytesRead : 0;
      if (taken === 0) return;
      const lines = read
        .subarray(0, taken)
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      this.#offset += taken;
      const records = lines.map((line) => ({ source: this.#path, contents: { content: line.replace(/\r$/, '') } }));
      if (records.length > 0) await this.#store.put(records, () => this.#remember());
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#reading;
    await this.#handle?.close();
  }
}
