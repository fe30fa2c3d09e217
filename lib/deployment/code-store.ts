/**
 * Code of functions as blobs: what was handed in, and what was bundled of it. A blob is there as long as it is used: each
 * `keep` and `retain` is a use, to be paid back with `release`.
 */
import type { Artifact } from '../code/artifact.ts';
import { IsopodError } from '../errors.ts';
import type { Blobs } from '../store/blobs.ts';
import { Turns } from '../store/turns.ts';
import type { CodeSource } from '../types.ts';
import type { CodeRef, KeptCode } from './plan.ts';

/** Text up to this many characters stays in its declaration. */
const SMALL = 2_048;
/** Milliseconds for which a sweep takes a blob to be one that is just being named. */
const YOUNG_MS = 60_000;

type Bundle = Pick<Artifact, 'script' | 'sourceMap'>;

export class CodeStore {
  readonly #blobs: Blobs;
  /** By blob. */
  readonly #uses = new Map<string, number>();
  /** One thing at a time is done to a blob: removed or put. */
  readonly #turns = new Turns();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  async keepSource(code: CodeSource): Promise<KeptCode> {
    if ('zipFile' in code && typeof code.zipFile !== 'string') return { zipBlob: await this.#put(code.zipFile) };
    if (!('source' in code) || code.source.length <= SMALL) return code;
    const { source, language, resolveDir } = code;
    return {
      sourceBlob: await this.#put(Buffer.from(source)),
      ...(language !== undefined && { language }),
      ...(resolveDir !== undefined && { resolveDir }),
    };
  }

  /** As it was handed in. Rejects with `CodeNotFound` when it is lost. */
  async sourceOf(kept: KeptCode): Promise<CodeSource> {
    if ('zipBlob' in kept) return { zipFile: await this.#get(kept.zipBlob) };
    if (!('sourceBlob' in kept)) return kept;
    const { sourceBlob, ...rest } = kept;
    return { ...rest, source: Buffer.from(await this.#get(sourceBlob)).toString() };
  }

  async keepArtifact({ script, sourceMap, hash, asyncTopLevel, packages, warnings }: Artifact): Promise<CodeRef> {
    const blob = await this.#put(Buffer.from(JSON.stringify({ script, sourceMap } satisfies Bundle)));
    return { blob, hash, size: Buffer.byteLength(script), asyncTopLevel, packages, warnings };
  }

  /** Rejects with `CodeNotFound` when it is lost. */
  async script({ blob, hash, asyncTopLevel }: CodeRef): Promise<Pick<Artifact, 'script' | 'hash' | 'asyncTopLevel'>> {
    const { script } = JSON.parse(Buffer.from(await this.#get(blob)).toString()) as Bundle;
    return { script, hash, asyncTopLevel };
  }

  /** Both parts empty when it is lost. */
  async bundle({ blob }: CodeRef): Promise<Bundle> {
    const bytes = await this.#blobs.get(blob);
    return bytes === undefined ? { script: '', sourceMap: '' } : (JSON.parse(Buffer.from(bytes).toString()) as Bundle);
  }

  /** Empty when it is lost. */
  sourceMap({ blob }: CodeRef): string {
    try {
      const bytes = this.#blobs.getNow(blob);
      return bytes === undefined ? '' : (JSON.parse(Buffer.from(bytes).toString()) as Bundle).sourceMap;
    } catch {
      return '';
    }
  }

  async #get(blob: string): Promise<Uint8Array> {
    const bytes = await this.#blobs.get(blob);
    if (bytes !== undefined) return bytes;
    throw new IsopodError('CodeNotFound', `The code of the function is lost (blob ${blob}); deploy it again`);
  }

  async #put(bytes: Uint8Array): Promise<string> {
    const blob = this.#blobs.nameOf(bytes);
    this.#use(blob);
    try {
      return await this.#turns.take(blob, () => this.#blobs.put(bytes));
    } catch (error) {
      await this.#letGo([blob]);
      throw error;
    }
  }

  #use(blob: string): void {
    this.#uses.set(blob, (this.#uses.get(blob) ?? 0) + 1);
  }

  retain(code: CodeRef, source: KeptCode): void {
    for (const blob of blobsOf(code, source)) this.#use(blob);
  }

  /** Both parts may be missing: what had been kept when something failed. */
  release(code: CodeRef | undefined, source: KeptCode | undefined): Promise<void> {
    return this.#letGo(blobsOf(code, source));
  }

  async #letGo(blobs: readonly string[]): Promise<void> {
    for (const blob of blobs) {
      const left = (this.#uses.get(blob) ?? 0) - 1;
      if (left > 0) this.#uses.set(blob, left);
      else this.#uses.delete(blob);
      await this.#turns.take(blob, async () => {
        if (!this.#uses.has(blob)) await this.#blobs.delete(blob);
      });
    }
  }

  /** Removes what nobody uses: left over by a process that was killed. */
  async sweep(): Promise<void> {
    await this.#blobs.sweep((blob) => this.#uses.has(blob), YOUNG_MS);
  }
}

function blobsOf(code: CodeRef | undefined, source: KeptCode | undefined): string[] {
  const blobs = code === undefined ? [] : [code.blob];
  if (source !== undefined && 'zipBlob' in source) blobs.push(source.zipBlob);
  if (source !== undefined && 'sourceBlob' in source) blobs.push(source.sourceBlob);
  return blobs;
}
