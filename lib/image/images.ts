/**
 * The images of an engine: looked up in memory, then on disk, then at other engines of the cluster, then built; equal requests
 * share one build. An image is in memory for a moment after it was used, and in the isolates that were restored from it. One
 * file because each of these places keeps what was found in the next.
 */
import { LRUCache } from 'lru-cache';
import { type ErrorCode, IsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import { ORDINARY } from '../protocol/door.ts';
import type { ImageInfo } from '../types.ts';
import type { BuildMessage } from './build-messages.ts';
import { Builder, type BuildLimits } from './builder.ts';
import { choose } from './choose.ts';
import { type Image, type ImageSource, toShared } from './image.ts';
import { type Kernel, loadKernel, openScript } from './kernel.ts';
import { baseKey, type ImageFacts, imageKey } from './key.ts';
import { type SharedImages, Store, type Stored } from './store.ts';
import { setV8Flags } from './v8-flags.ts';

export interface ImageRequest extends ImageFacts {
  /** Bundled module. */
  readonly script: string;
  readonly asyncTopLevel: boolean;
  readonly env: Readonly<Record<string, string>>;
}

export interface ImageResult {
  readonly image: Image;
  /** Milliseconds this request waited for its image. */
  readonly imageBuildMs: number;
  /** It was not built for this request. */
  readonly cached: boolean;
}

export interface ImagesOptions {
  /** Where they are kept; made when it is not there. */
  readonly folder: string;
  readonly logger?: EngineLogger;
  /** Of a cluster. Keys tell versions, flags and architecture, so what is found there runs here. */
  readonly shared?: SharedImages;
  readonly limits?: Partial<BuildLimits & { readonly evaluateMs: number; readonly maxSnapshotBytes: number }>;
}

/** Defaults; a build is a few hundred milliseconds for an ordinary package. */
const LIMITS = { wallMs: 20_000, memoryBytes: 1_000_000_000, evaluateMs: 10_000, maxSnapshotBytes: 64_000_000 };
/** Bytes of images kept in memory after use, and for how long; milliseconds. */
const MAX_CACHED_BYTES = 64_000_000;
const CACHED_MS = 5_000;

export class Images {
  readonly #store: Store;
  readonly #logger: EngineLogger | undefined;
  readonly #shared: SharedImages | undefined;
  readonly #limits: typeof LIMITS;
  readonly #builder: Builder;
  readonly #building = new Map<string, Promise<Image>>();
  readonly #ready = new LRUCache<string, Image>({
    maxSize: MAX_CACHED_BYTES,
    ttl: CACHED_MS,
    updateAgeOnGet: true,
    sizeCalculation: (image) => (image.data?.byteLength ?? 0) + image.script.length + 1,
  });
  #kernel: Kernel | undefined;
  /** The bare kernel's snapshot. */
  #base: SharedArrayBuffer | undefined;
  #makingBase: Promise<SharedArrayBuffer> | undefined;

  private constructor(options: ImagesOptions) {
    this.#store = new Store(options.folder);
    this.#logger = options.logger;
    this.#shared = options.shared;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#builder = new Builder(this.#limits);
  }

  static async open(options: ImagesOptions): Promise<Images> {
    // Before the first key is made, which tells the flags.
    setV8Flags();
    const images = new Images(options);
    await images.#store.open();
    return images;
  }

  /** Lets go of images that were not used lately. */
  sweep(): void {
    this.#ready.purgeStale();
  }

  /** The image of a function that was built before. `request`: makes what is needed to build it again. */
  source(facts: ImageFacts, info: ImageInfo, request: () => Promise<ImageRequest>): ImageSource {
    let latest = info;
    return {
      get info() {
        return latest;
      },
      now: () => this.#find(facts),
      get: async () => {
        const { image } = await this.get(await request());
        latest = image.info;
        return image;
      },
    };
  }

  #find(facts: ImageFacts): Image | undefined {
    const kernel = this.#kernel;
    const base = this.#base;
    if (kernel === undefined || base === undefined) return undefined;
    const key = imageKey(facts, kernel.hash);
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const stored = this.#store.read(key);
    if (stored?.info === undefined) return undefined;
    return this.#keepReady(assemble(key, kernel, base, stored.info, stored));
  }

  #keepReady(image: Image): Image {
    this.#ready.set(image.key, image);
    return image;
  }

  /** Rejects with `TopLevelFailed`, `FunctionOutOfMemory` or `ImageBuildFailed`. */
  async get(request: ImageRequest): Promise<ImageResult> {
    const began = performance.now();
    const kernel = await loadKernel();
    this.#kernel = kernel;
    const key = imageKey(request, kernel.hash);
    const known = this.#ready.get(key);
    const waited = known === undefined ? this.#building.get(key) : undefined;
    const image = known ?? (await (waited ?? this.#begin(key, request, kernel)));
    return { image, imageBuildMs: performance.now() - began, cached: known !== undefined || waited !== undefined };
  }

  #begin(key: string, request: ImageRequest, kernel: Kernel): Promise<Image> {
    const building = this.#make(key, request, kernel).finally(() => this.#building.delete(key));
    this.#building.set(key, building);
    return building;
  }

  async #make(key: string, request: ImageRequest, kernel: Kernel): Promise<Image> {
    const base = await this.#baseOf(kernel);
    const here = this.#find(request) ?? (await this.#fromOthers(key, kernel, base));
    return here ?? this.#keepReady(await this.#build(key, request, kernel, base));
  }

  async #fromOthers(key: string, kernel: Kernel, base: SharedArrayBuffer): Promise<Image | undefined> {
    const stored = await this.#fetch(key);
    return stored?.info && this.#keepReady(assemble(key, kernel, base, stored.info, stored));
  }

  /** What another engine of the cluster has made; it is made here when the cluster is away. */
  async #fetch(key: string): Promise<Stored | undefined> {
    const file = await this.#shared?.get(key).catch(() => undefined);
    return file && (await this.#store.take(key, file).catch(() => undefined));
  }

  async #build(key: string, request: ImageRequest, kernel: Kernel, base: SharedArrayBuffer): Promise<Image> {
    const trace = await this.#builder.build({
      kernelScript: kernel.script,
      kernelName: kernel.name,
      script: request.script,
      base: new Uint8Array(base).slice(),
      snapshot: request.snapshot === 'never' || request.asyncTopLevel ? 'no' : request.snapshot,
      memorySize: request.memorySize,
      env: request.env,
      powers: request.powers,
      warmUp: request.warmUp,
      evaluateMs: this.#limits.evaluateMs,
      maxSnapshotBytes: this.#limits.maxSnapshotBytes,
    });
    const choice = choose(trace, request.snapshot);
    if (choice.kind === 'failed') {
      const { code, message, errorType, stack } = choice.failure;
      throw new IsopodError(code as ErrorCode, message, {
        ...(errorType !== undefined && { errorType }),
        ...(stack !== undefined && { stackTrace: stack.split('\n') }),
      });
    }
    const info: ImageInfo = {
      kind: choice.kind,
      ...('reason' in choice && { reason: choice.reason }),
      bytes: choice.data?.byteLength ?? 0,
      measuredMs: choice.measured,
    };
    if (trace.broken !== undefined)
      this.#logger?.warn('A snapshot build was broken off', { hash: request.hash, reason: trace.broken });
    const script = info.kind === 'snapshot' ? '' : openScript(kernel.name, request.script);
    const made = { info, script, data: choice.data ?? new Uint8Array(0) };
    await this.#keep(key, made);
    return assemble(key, kernel, base, info, made);
  }

  /** A disk that cannot be written to costs the next start of the engine time, not this function its image. */
  async #keep(key: string, made: Stored): Promise<void> {
    try {
      const file = await this.#store.write(key, made);
      await this.#shared?.put(key, file);
    } catch (error) {
      this.#logger?.warn('An image could not be stored', { key, error });
    }
  }

  async #baseOf(kernel: Kernel): Promise<SharedArrayBuffer> {
    this.#makingBase ??= this.#makeBase(kernel);
    try {
      this.#base = await this.#makingBase;
      return this.#base;
    } catch (error) {
      this.#makingBase = undefined;
      throw error;
    }
  }

  async #makeBase(kernel: Kernel): Promise<SharedArrayBuffer> {
    const key = baseKey(kernel.hash);
    const stored = this.#store.read(key) ?? (await this.#fetch(key));
    if (stored !== undefined) return toShared(stored.data);
    const { messages, broken } = await this.#builder.build({
      kernelScript: kernel.script,
      kernelName: kernel.name,
      script: '',
      base: undefined,
      snapshot: 'no',
      memorySize: 128,
      env: {},
      powers: ORDINARY,
      warmUp: undefined,
      evaluateMs: this.#limits.evaluateMs,
      maxSnapshotBytes: this.#limits.maxSnapshotBytes,
    });
    const made = messages.find(
      (message): message is Extract<BuildMessage, { stage: 'base' }> => message.stage === 'base',
    );
    if (made === undefined) {
      const refused = messages.find((message) => message.stage === 'refused') as { reason: string } | undefined;
      throw new IsopodError(
        'ImageBuildFailed',
        `The base snapshot could not be made: the build ${broken ?? `failed: ${refused?.reason ?? 'no answer'}`}`,
      );
    }
    await this.#keep(key, { script: '', data: made.base });
    return toShared(made.base);
  }

  async close(): Promise<void> {
    this.#builder.close();
    await Promise.allSettled(this.#building.values());
  }
}

function assemble(
  key: string,
  kernel: Kernel,
  base: SharedArrayBuffer,
  info: ImageInfo,
  { script, data }: Stored,
): Image {
  return {
    kind: info.kind,
    key,
    script,
    data: info.kind === 'plain' ? undefined : toShared(data),
    base,
    kernelName: kernel.name,
    info: Object.freeze(info),
  };
}
