/** The functions of a folder as they are while somebody writes them: each change is built beside what runs. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { styleText } from 'node:util';
import type { Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { FunctionConfig } from '../types.ts';
import { listFunctionFolders, readFunction } from './function-folder.ts';
import { printError } from './print-error.ts';

export class DevFunctions {
  readonly #engine: Engine;
  readonly #path: string;
  readonly #overrides: Partial<FunctionConfig>;
  /** Folder of a function -> its name; undefined while it never could be built. */
  readonly #functions = new Map<string, string | undefined>();

  /** `overrides`: what every function is given, whatever it declares. */
  constructor(engine: Engine, path: string, overrides: Partial<FunctionConfig> = {}) {
    this.#engine = engine;
    this.#path = resolve(path);
    this.#overrides = overrides;
  }

  /** What to watch: the folder, or that of the one file that is a function. */
  get root(): string {
    return isFile(this.#path) ? dirname(this.#path) : this.#path;
  }

  /** Rejects with `CodeNotFound` when there is nothing to serve. */
  async start(): Promise<void> {
    const places = await this.#places();
    if (places.length === 0) {
      throw new IsopodError('CodeNotFound', `${this.#path} is no function, and has no function folders`);
    }
    for (const place of places) await this.#deploy(place);
  }

  /** A file of a function concerns that function; one beside them all may be used by each. */
  async changed(paths: ReadonlySet<string>): Promise<void> {
    const places = await this.#places().catch((): string[] => []);
    for (const [place, functionName] of this.#functions) {
      if (!places.includes(place)) await this.#remove(place, functionName);
    }
    const concerned = new Set<string>();
    for (const path of paths) {
      const owner = places.find((place) => path === place || path.startsWith(place + sep));
      if (owner !== undefined) concerned.add(owner);
      else if (isFile(path)) for (const place of places) concerned.add(place);
    }
    for (const place of concerned) await this.#deploy(place);
  }

  async #places(): Promise<readonly string[]> {
    const single = await readFunction(this.#path);
    const isFolder = 'dir' in single.code && single.code.dir === this.#path;
    if (!isFolder || single.handler !== undefined || (await hasEntry(this.#path))) return [this.#path];
    return listFunctionFolders(this.#path);
  }

  /** Tells what it took, or what is wrong; never rejects. */
  async #deploy(place: string): Promise<void> {
    const began = performance.now();
    try {
      const { functionName, ...declared } = await readFunction(place);
      const config = { ...declared, ...this.#overrides };
      const before = this.#functions.get(place);
      if (before !== undefined && before !== functionName) await this.#remove(place, before);
      const isKnown = this.#functions.get(place) !== undefined;
      const info = isKnown
        ? await this.#engine.updateFunction(functionName, config)
        : await this.#engine.createFunction({ functionName, ...config });
      this.#functions.set(place, functionName);
      const took = Math.round(performance.now() - began);
      const facts = styleText('dim', `(${took} ms, ${Math.ceil(info.codeSize / 1_024)} KB, ${info.image.kind})`);
      console.log(`${styleText('green', isKnown ? 'reloaded' : 'ready   ')} ${functionName} ${facts}`);
      for (const warning of info.warnings) console.log(`${styleText('yellow', 'warning')}  ${warning}`);
    } catch (thrown) {
      if (!this.#functions.has(place)) this.#functions.set(place, undefined);
      console.error(`${styleText('red', 'failed  ')} ${place}`);
      printError(toIsopodError(thrown));
    }
  }

  async #remove(place: string, functionName: string | undefined): Promise<void> {
    this.#functions.delete(place);
    if (functionName === undefined) return;
    await this.#engine.deleteFunction(functionName);
    console.log(`${styleText('yellow', 'removed ')} ${functionName}`);
  }
}

async function hasEntry(dir: string): Promise<boolean> {
  const names = await readdir(dir);
  return names.some((name) => /^index\.[cm]?[jt]sx?$/.test(name));
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
