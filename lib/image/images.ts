/** The images of an engine: looked up in memory, then on disk, then built; equal requests share one build. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { cachedDataVersionTag } from 'node:v8';
import { LRUCache } from 'lru-cache';
import { type ErrorCode, IsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import type { ImageInfo } from '../types.ts';
import type { BuildMessage, WarmUp } from './build-messages.ts';
import { Builder, type BuildLimits } from './builder.ts';
import { choose } from './choose.ts';
import { type Image, toShared } from './image.ts';
import { type Kernel, loadKernel, loadScript } from './kernel.ts';
import { Store } from './store.ts';
import { setV8Flags } from './v8-flags.ts';

export interface ImageRequest {
  /** Bundled module, and its SHA-256. */
  readonly script: string;
  readonly hash: string;
  readonly asyncTopLevel: boolean;
  readonly snapshot: 'auto' | 'never' | 'always';
  /** MB. */
  readonly memorySize: number;
  readonly env: Readonly<Record<string, string>>;
  readonly webAssembly: boolean;
  /** An example call to make while the snapshot is made. */
  readonly warmUp?: WarmUp | undefined;
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
  readonly limits?: Partial<BuildLimits & { readonly evaluateMs: number; readonly maxSnapshotBytes: number }>;
}

/** Defaults; a build is a few hundred milliseconds for an ordinary package. */
const LIMITS = { wallMs: 20_000, memoryBytes: 1_000_000_000, evaluateMs: 10_000, maxSnapshotBytes: 64_000_000 };
/** Bytes of images kept in memory beside those in use. */
const MAX_CACHED_BYTES = 256_000_000;

const isolatedVmVersion = (createRequire(import.meta.url)('isolated-vm/package.json') as { version: string }).version;

export class Images {
  readonly #store: Store;
  readonly #logger: EngineLogger | undefined;
  readonly #limits: typeof LIMITS;
  readonly #builder: Builder;
  readonly #building = new Map<string, Promise<Image>>();
  readonly #ready = new LRUCache<string, Image>({
    maxSize: MAX_CACHED_BYTES,
    sizeCalculation: (image) => (image.data?.byteLength ?? 0) + image.script.length + 1,
  });
  #base: Promise<SharedArrayBuffer> | undefined;

  private constructor(options: ImagesOptions) {
    this.#store = new Store(options.folder);
    this.#logger = options.logger;
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

  /** Rejects with `TopLevelFailed`, `FunctionOutOfMemory` or `ImageBuildFailed`. */
  async get(request: ImageRequest): Promise<ImageResult> {
    const began = performance.now();
    const kernel = await loadKernel();
    const key = keyOf(request, kernel);
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
    const stored = await this.#store.read<ImageInfo>(key);
    const image =
      stored === undefined
        ? await this.#build(key, request, kernel, base)
        : assemble(key, request, kernel, base, stored.header, stored.data);
    this.#ready.set(key, image);
    return image;
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
      webAssembly: request.webAssembly,
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
    const data = choice.data ?? new Uint8Array(0);
    await this.#keep(key, info, data);
    return assemble(key, request, kernel, base, info, data);
  }

  /** A disk that cannot be written to costs the next start of the engine time, not this function its image. */
  async #keep(key: string, header: object, data: Uint8Array): Promise<void> {
    await this.#store.write(key, header, data).catch((error: unknown) => {
      this.#logger?.warn('An image could not be stored', { key, error });
    });
  }

  /** The bare kernel's snapshot: read or built once. */
  #baseOf(kernel: Kernel): Promise<SharedArrayBuffer> {
    this.#base ??= this.#makeBase(kernel).catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  async #makeBase(kernel: Kernel): Promise<SharedArrayBuffer> {
    const key = createHash('sha256').update(`base ${kernel.hash} ${platform()}`).digest('hex');
    const stored = await this.#store.read(key);
    if (stored !== undefined) return toShared(stored.data);
    const { messages, broken } = await this.#builder.build({
      kernelScript: kernel.script,
      kernelName: kernel.name,
      script: '',
      base: undefined,
      snapshot: 'no',
      memorySize: 128,
      env: {},
      webAssembly: false,
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
    await this.#keep(key, {}, made.base);
    return toShared(made.base);
  }

  async close(): Promise<void> {
    this.#builder.close();
    await Promise.allSettled(this.#building.values());
  }
}

function assemble(
  key: string,
  request: ImageRequest,
  kernel: Kernel,
  base: SharedArrayBuffer,
  info: ImageInfo,
  data: Uint8Array,
): Image {
  return {
    kind: info.kind,
    key,
    script: info.kind === 'snapshot' ? '' : loadScript(kernel.name, request.script, false),
    data: info.kind === 'plain' ? undefined : toShared(data),
    base,
    kernelName: kernel.name,
    info: Object.freeze(info),
  };
}

const platform = (): string =>
  `${process.versions.v8} ${process.version} ${cachedDataVersionTag()} ${isolatedVmVersion} ${process.platform} ${process.arch}`;

/** Environment values are not part of it: a module that reads them while it loads has no snapshot. */
function keyOf(request: ImageRequest, kernel: Kernel): string {
  const facts = [
    request.hash,
    kernel.hash,
    platform(),
    request.snapshot,
    request.webAssembly,
    request.memorySize,
    request.warmUp,
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
