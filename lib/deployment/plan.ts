/**
 * What a version is made of, small enough to keep for functions nobody calls: a declaration with every large part
 * replaced by the hash of a blob, as one text. Everything that serves calls is made from it when a call comes.
 */
import type { CodeSource, FunctionConfig, ImageInfo } from '../types.ts';

/** Where the code came from; text and archives of some size are blobs. */
export type KeptCode =
  | CodeSource
  | { readonly zipBlob: string }
  | { readonly sourceBlob: string; readonly language?: 'js' | 'ts' | 'jsx' | 'tsx'; readonly resolveDir?: string };

/** Code that was bundled. */
export interface CodeRef {
  /** The artifact's script and source map. */
  readonly blob: string;
  /** SHA-256 of the script. */
  readonly hash: string;
  /** Bytes of the script. */
  readonly size: number;
  readonly asyncTopLevel: boolean;
  readonly packages: readonly string[];
  readonly warnings: readonly string[];
}

export type KeptConfig = Omit<FunctionConfig, 'code'> & { readonly code: KeptCode };

/** JSON. */
export interface PlanFacts {
  readonly config: KeptConfig;
  readonly code: CodeRef;
  readonly image: ImageInfo;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

/** Parts of a declaration that are no JSON: the embedding program's own functions. */
export type LiveParts = Pick<FunctionConfig, 'bindings' | 'asyncInvokeConfig'>;

export class Plan {
  readonly #text: string;
  readonly #live: LiveParts | undefined;

  constructor(facts: PlanFacts) {
    const { plain, live } = separate(facts.config);
    this.#text = JSON.stringify({ ...facts, config: plain }, withoutInfinity);
    this.#live = live;
  }

  /** Nothing of the embedding program belongs to it: it can be kept and restored. */
  get isPlain(): boolean {
    return this.#live === undefined;
  }

  isSameAs(other: Plan): boolean {
    return this.#text === other.#text && this.#live === other.#live;
  }

  get facts(): PlanFacts {
    const facts = JSON.parse(this.#text) as PlanFacts;
    return this.#live === undefined ? facts : { ...facts, config: { ...facts.config, ...this.#live } };
  }
}

/** Unlimited is said by leaving the field out. */
const withoutInfinity = (_key: string, value: unknown): unknown =>
  value === Number.POSITIVE_INFINITY ? undefined : value;

function separate({ bindings, asyncInvokeConfig, ...rest }: KeptConfig): { plain: KeptConfig; live?: LiveParts } {
  const bound = bindings !== undefined && Object.keys(bindings).length > 0;
  const called = Object.values(asyncInvokeConfig ?? {}).some((value) => typeof value === 'function');
  const plain = { ...rest, ...(!called && asyncInvokeConfig !== undefined && { asyncInvokeConfig }) };
  if (!bound && !called) return { plain };
  return { plain, live: { ...(bound && { bindings }), ...(called && { asyncInvokeConfig }) } };
}
