/** What `putAsyncInvokeConfig` said of functions and qualifiers: documents of the catalog, and in memory for whoever asks often. */
import { IsopodError } from '../errors.ts';
import { type AsyncSettings, asyncSettings } from '../function/async-config.ts';
import { parse } from '../function/declaration.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import type {
  AsyncInvokeConfigInfo,
  AsyncInvokeConfigPage,
  AsyncInvokeSettings,
  ListAsyncInvokeConfigsOptions,
} from '../types.ts';

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
  readonly #known = new Map<string, Kept>();
  readonly #unwatch: () => void;

  private constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#unwatch = catalog.watch<Kept>(KIND, '', ({ key, value }) => {
      if (value === undefined) this.#known.delete(key);
      else this.#known.set(key, value);
    });
  }

  static async open(catalog: Catalog): Promise<AsyncConfigs> {
    const configs = new AsyncConfigs(catalog);
    for await (const { key, value } of documents<Kept>(catalog, KIND)) configs.#known.set(key, value);
    return configs;
  }

  /** The same object as long as nothing was changed. */
  of(functionName: string, qualifier: string): AsyncSettings | undefined {
    return this.#known.get(keyOf(functionName, qualifier))?.settings;
  }

  /** What is not said keeps its value. */
  async put(functionName: string, qualifier: string, settings: AsyncInvokeSettings): Promise<AsyncInvokeConfigInfo> {
    const checked = parse(asyncSettings, settings, 'putAsyncInvokeConfig');
    const said = Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined));
    const key = keyOf(functionName, qualifier);
    const before = await this.#catalog.get<Kept>(KIND, key);
    const lastModifiedTime = new Date().toISOString();
    const createdTime = before?.value.createdTime ?? lastModifiedTime;
    const kept: Kept = { settings: { ...before?.value.settings, ...said }, createdTime, lastModifiedTime };
    await this.#catalog.put(KIND, key, kept, before?.revision ?? 0);
    this.#known.set(key, kept);
    return infoOf(key, kept);
  }

  /** Throws `AsyncConfigNotExists`. */
  get(functionName: string, qualifier: string): AsyncInvokeConfigInfo {
    const key = keyOf(functionName, qualifier);
    const kept = this.#known.get(key);
    if (kept === undefined) {
      throw new IsopodError(
        'AsyncConfigNotExists',
        `Nothing was said of async events of ${functionName} at ${qualifier}; putAsyncInvokeConfig does`,
      );
    }
    return infoOf(key, kept);
  }

  /** Rejects with `AsyncConfigNotExists`. */
  async delete(functionName: string, qualifier: string): Promise<void> {
    this.get(functionName, qualifier);
    const key = keyOf(functionName, qualifier);
    await this.#catalog.delete(KIND, key);
    this.#known.delete(key);
  }

  list({ functionName, limit = DEFAULT_LIMIT, nextToken }: ListAsyncInvokeConfigsOptions): AsyncInvokeConfigPage {
    const keys = [...this.#known.keys()]
      .filter((key) => functionName === undefined || key.startsWith(`${functionName}:`))
      .filter((key) => nextToken === undefined || key > nextToken)
      .sort();
    const page = keys.slice(0, limit);
    return {
      configs: page.map((key) => infoOf(key, this.#known.get(key) as Kept)),
      ...(keys.length > limit && { nextToken: page.at(-1) as string }),
    };
  }

  /** Forgets what was said of a function, or of one qualifier of it. */
  async drop(functionName: string): Promise<void> {
    const keys = [...this.#known.keys()].filter((key) => key.startsWith(`${functionName}:`));
    await Promise.all(
      keys.map(async (key) => {
        await this.#catalog.delete(KIND, key);
        this.#known.delete(key);
      }),
    );
  }

  close(): void {
    this.#unwatch();
  }
}

function infoOf(key: string, { settings, createdTime, lastModifiedTime }: Kept): AsyncInvokeConfigInfo {
  const [functionName = '', qualifier = ''] = key.split(':');
  return { functionName, qualifier, ...settings, createdTime, lastModifiedTime };
}
