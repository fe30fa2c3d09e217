/** What `putAsyncInvokeConfig` said of functions and qualifiers: documents of the catalog, and in memory for whoever asks often. */
import { IsopodError } from '../errors.ts';
import type { AsyncSettings } from '../function/async-config.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';
import type { AsyncInvokeConfigInfo, AsyncInvokeConfigPage, ListAsyncInvokeConfigsOptions } from '../types.ts';

const KIND = 'async-config';
const DEFAULT_LIMIT = 20;

interface Kept {
  readonly settings: AsyncSettings;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

const keyOf = (functionName: string, qualifier: string): string => `${functionName}:${qualifier}`;

export class AsyncConfigs {
  readonly #catalog: Catalog;
  readonly #changes: Changes<Kept>;
  /** By function, then by qualifier. */
  readonly #known = new Map<string, Map<string, Kept>>();
  readonly #unwatch: () => void;

  private constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#changes = new Changes(catalog, KIND);
    this.#unwatch = catalog.watch<Kept>(KIND, '', ({ key, value }) => this.#remember(key, value));
  }

  static async open(catalog: Catalog): Promise<AsyncConfigs> {
    const configs = new AsyncConfigs(catalog);
    for await (const { key, value } of documents<Kept>(catalog, KIND)) configs.#remember(key, value);
    return configs;
  }

  #remember(key: string, kept: Kept | undefined): void {
    const [functionName, qualifier] = partsOf(key);
    const known = this.#known.get(functionName);
    if (kept !== undefined) {
      if (known === undefined) this.#known.set(functionName, new Map([[qualifier, kept]]));
      else known.set(qualifier, kept);
    } else if (known?.delete(qualifier) === true && known.size === 0) {
      this.#known.delete(functionName);
    }
  }

  /** The same object as long as nothing was changed. */
  of(functionName: string, qualifier: string): AsyncSettings | undefined {
    return this.#known.get(functionName)?.get(qualifier)?.settings;
  }

  /** What is not said keeps its value, or is forgotten with `replace`. Rejects with `ConcurrentUpdateError`. */
  async put(
    functionName: string,
    qualifier: string,
    settings: AsyncSettings,
    replace: boolean,
  ): Promise<AsyncInvokeConfigInfo> {
    const said = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    const key = keyOf(functionName, qualifier);
    const kept = await this.#changes.make(key, (before) => {
      const lastModifiedTime = new Date().toISOString();
      const createdTime = before?.createdTime ?? lastModifiedTime;
      return { settings: { ...(!replace && before?.settings), ...said }, createdTime, lastModifiedTime };
    });
    this.#remember(key, kept);
    return infoOf(functionName, qualifier, kept);
  }

  /** Throws `AsyncConfigNotExists`. */
  get(functionName: string, qualifier: string): AsyncInvokeConfigInfo {
    const kept = this.#known.get(functionName)?.get(qualifier);
    if (kept === undefined) {
      throw new IsopodError(
        'AsyncConfigNotExists',
        `Nothing was said of async events of ${functionName} at ${qualifier}; putAsyncInvokeConfig does`,
      );
    }
    return infoOf(functionName, qualifier, kept);
  }

  /** Rejects with `AsyncConfigNotExists`. */
  async delete(functionName: string, qualifier: string): Promise<void> {
    this.get(functionName, qualifier);
    await this.#forget(keyOf(functionName, qualifier));
  }

  async #forget(key: string): Promise<void> {
    await this.#catalog.delete(KIND, key);
    this.#remember(key, undefined);
  }

  /** By function and qualifier. */
  list({ functionName, limit = DEFAULT_LIMIT, nextToken }: ListAsyncInvokeConfigsOptions): AsyncInvokeConfigPage {
    const names = functionName === undefined ? [...this.#known.keys()] : [functionName];
    const keys = names
      .flatMap((name) => [...(this.#known.get(name)?.keys() ?? [])].map((qualifier) => keyOf(name, qualifier)))
      .filter((key) => nextToken === undefined || key > nextToken)
      .sort();
    const page = keys.slice(0, limit);
    return {
      configs: page.map((key) => this.get(...partsOf(key))),
      ...(keys.length > limit && { nextToken: page.at(-1) as string }),
    };
  }

  /** Forgets what was said of a function. */
  async drop(functionName: string): Promise<void> {
    const qualifiers = [...(this.#known.get(functionName)?.keys() ?? [])];
    await Promise.all(qualifiers.map((qualifier) => this.#forget(keyOf(functionName, qualifier))));
  }

  close(): void {
    this.#unwatch();
  }
}

/** Neither part holds a colon. */
function partsOf(key: string): [functionName: string, qualifier: string] {
  const at = key.indexOf(':');
  return [key.slice(0, at), key.slice(at + 1)];
}

function infoOf(
  functionName: string,
  qualifier: string,
  { settings, createdTime, lastModifiedTime }: Kept,
): AsyncInvokeConfigInfo {
  return { functionName, qualifier, ...settings, createdTime, lastModifiedTime };
}
