/**
 * Functions as the API knows them: what their owner declared, beside the engine that runs them. One class, because a
 * change is made in both or in neither, one change of a function at a time.
 */
import { hash, randomUUID } from 'node:crypto';
import type { Engine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import type { Blobs } from '../store/blobs.ts';
import { documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';
import { nameIn, splitName, type Tenant } from '../tenant/tenants.ts';
import type { CodeSource, FunctionInfo } from '../types.ts';
import type { CodePackage } from './code-package.ts';
import { type ApiConfig, engineConfig, type HostRules } from './engine-config.ts';
import { withLayers } from './layer-package.ts';
import type { Layers } from './layers.ts';

const KIND = 'api-function';

export interface Restriction {
  readonly disable: boolean;
  readonly reason: string;
  readonly lastModifiedTime: string;
}

/** What is kept of a function besides the engine's own record. */
export interface ApiFunction {
  readonly functionId: string;
  readonly config: ApiConfig;
  /** CRC-64, decimal. */
  readonly codeChecksum: string;
  readonly codeSha256: string;
  /** Bytes of the package. */
  readonly codeSize: number;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly restriction?: Restriction | undefined;
  /** Statements of Lambda's permissions by qualifier; as above. */
  readonly policies?: Readonly<Record<string, readonly object[]>> | undefined;
  /** Networks it was bound to; they are kept, and have no effect. */
  readonly vpcIds?: readonly string[] | undefined;
  /** Changes with every change of the function. */
  readonly etag: string;
}

export interface Described extends ApiFunction {
  readonly name: string;
}

export interface ApiChanges {
  /** Fields that are there replace those of before. */
  readonly config: Partial<ApiConfig>;
  readonly code?: CodePackage | undefined;
  /** The `etag` the function must have still. */
  readonly ifMatch?: string | undefined;
}

export class ApiFunctions {
  readonly #engine: Engine;
  readonly #changes: Changes<ApiFunction>;
  readonly #blobs: Blobs;
  readonly #layers: Layers;
  readonly #rules: HostRules;
  readonly #known = new Map<string, ApiFunction>();

  private constructor(engine: Engine, rules: HostRules, blobs: Blobs, layers: Layers) {
    this.#engine = engine;
    this.#changes = new Changes(engine.home.catalog, KIND);
    this.#blobs = blobs;
    this.#layers = layers;
    this.#rules = rules;
  }

  static async open(engine: Engine, rules: HostRules, blobs: Blobs, layers: Layers): Promise<ApiFunctions> {
    const functions = new ApiFunctions(engine, rules, blobs, layers);
    const { catalog } = engine.home;
    for await (const { key, value } of documents<ApiFunction>(catalog, KIND)) functions.#known.set(key, value);
    catalog.watch<ApiFunction>(KIND, '', ({ key, value }) => {
      if (value === undefined) functions.#known.delete(key);
      else functions.#known.set(key, value);
    });
    return functions;
  }

  /** Throws `FunctionNotFound`. */
  get(tenant: Tenant, name: string): Described {
    const full = nameIn(tenant.name, name);
    const known = this.#known.get(full);
    if (known !== undefined) return { name, ...known };
    return { name, ...ofEngine(this.#infoOf(full, name)) };
  }

  /** Undefined where the function is not, or was declared by the embedding program. */
  restrictionOf(full: string): Restriction | undefined {
    return this.#known.get(full)?.restriction;
  }

  #infoOf(full: string, name: string): FunctionInfo {
    try {
      return this.#engine.getFunction(full);
    } catch (error) {
      if (!(error instanceof IsopodError) || error.code !== 'FunctionNotFound') throw error;
      throw new IsopodError('FunctionNotFound', `function '${name}' does not exist`);
    }
  }

  list(tenant: Tenant): Described[] {
    return this.#engine
      .listFunctions()
      .map(({ functionName }) => splitName(functionName))
      .filter((of) => of.tenant === tenant.name)
      .map(({ functionName }) => this.get(tenant, functionName));
  }

  /** Rejects as the engine's `createFunction`, and with `LimitExceeded`. */
  create(tenant: Tenant, name: string, config: ApiConfig, code: CodePackage, tags = {}): Promise<Described> {
    const full = nameIn(tenant.name, name);
    return this.#change(full, name, async () => {
      await this.checkRoom(tenant, code.size, full);
      const source = await this.#sourceOf(tenant, config, code.bytes);
      await this.#engine.createFunction({ functionName: full, ...engineConfig(config, source, this.#rules) });
      await this.#blobs.put(code.bytes);
      const now = new Date().toISOString();
      return {
        functionId: randomUUID(),
        config,
        ...codeFacts(code),
        createdTime: now,
        lastModifiedTime: now,
        tags,
        etag: '',
      };
    });
  }

  update(tenant: Tenant, name: string, { config, code, ifMatch }: ApiChanges): Promise<Described> {
    const full = nameIn(tenant.name, name);
    return this.#change(full, name, async () => {
      const before = this.get(tenant, name);
      if (ifMatch !== undefined && ifMatch !== before.etag) {
        throw new IsopodError('PreconditionFailed', 'the resource being modified has been changed');
      }
      if (code !== undefined) await this.checkRoom(tenant, code.size, full);
      const next: ApiConfig = { ...before.config, ...config };
      const isOther = String(next.layers ?? []) !== String(before.config.layers ?? []);
      const bytes = code?.bytes ?? (isOther ? await this.#packageOf(before) : undefined);
      const made = bytes && (await this.#sourceOf(tenant, next, bytes));
      const { code: source, ...rest } = engineConfig(next, made ?? { source: '' }, this.#rules);
      await this.#engine.updateFunction(full, made === undefined ? rest : { ...rest, code: source });
      if (code !== undefined) await this.#blobs.put(code.bytes);
      return {
        ...withoutName(before),
        config: next,
        ...(code !== undefined && codeFacts(code)),
        lastModifiedTime: new Date().toISOString(),
      };
    });
  }

  /** The package with its layers. */
  async #sourceOf(tenant: Tenant, { layers = [] }: ApiConfig, bytes: Uint8Array): Promise<CodeSource> {
    if (layers.length === 0) return { zipFile: bytes };
    return { zipFile: await withLayers(bytes, await this.#layers.archives(tenant, layers)) };
  }

  async #packageOf({ name, codeSha256 }: Described): Promise<Uint8Array> {
    const bytes = await this.#blobs.get(codeSha256);
    if (bytes !== undefined) return bytes;
    throw new IsopodError('CodeNotFound', `The package of ${name} is not kept here; send it along`);
  }

  /** Changes what the engine does not know of. */
  annotate(
    tenant: Tenant,
    name: string,
    change: (before: ApiFunction) => Partial<Pick<ApiFunction, 'tags' | 'restriction' | 'vpcIds' | 'policies'>>,
  ): Promise<Described> {
    return this.#change(nameIn(tenant.name, name), name, () => {
      const before = withoutName(this.get(tenant, name));
      return { ...before, ...change(before) };
    });
  }

  async delete(tenant: Tenant, name: string): Promise<void> {
    const full = nameIn(tenant.name, name);
    await this.#changes.remove(full, async () => {
      this.#infoOf(full, name);
      await this.#engine.deleteFunction(full);
    });
  }

  /** Keeps what `make` says, one change of a function after the other. */
  async #change(full: string, name: string, make: () => ApiFunction | Promise<ApiFunction>): Promise<Described> {
    const kept = await this.#changes.make(full, async () => {
      const value = await make();
      const etag = hash('sha256', JSON.stringify({ ...value, etag: '' }), 'hex').slice(0, 32);
      return { ...value, etag };
    });
    return { name, ...kept };
  }

  /** Throws `LimitExceeded`. `full`: of the function that the code is for; none: it is a layer's. */
  async checkRoom(tenant: Tenant, bytes: number, full?: string): Promise<void> {
    const { functions, codeBytes } = tenant.quotas;
    if (functions === undefined && codeBytes === undefined) return;
    const others = this.list(tenant).filter(({ name }) => nameIn(tenant.name, name) !== full);
    if (full !== undefined && functions !== undefined && others.length >= functions) {
      throw new IsopodError('LimitExceeded', `The tenant ${tenant.name} may have ${functions} functions`);
    }
    const used = others.reduce((sum, { codeSize }) => sum + codeSize, bytes + (await this.#layers.bytesOf(tenant)));
    if (codeBytes !== undefined && used > codeBytes) {
      throw new IsopodError(
        'LimitExceeded',
        `The tenant ${tenant.name} may have ${codeBytes} bytes of code in all; with this package it would be ${used}`,
      );
    }
  }
}

function codeFacts({ checksum, sha256, size }: CodePackage) {
  return { codeChecksum: checksum, codeSha256: sha256, codeSize: size };
}

function withoutName({ name: _, ...rest }: Described): ApiFunction {
  return rest;
}

/** A function the embedding program declared, in the API's words. */
function ofEngine(info: FunctionInfo): ApiFunction {
  const { runtime, handler, description, memorySize, timeout, instanceConcurrency, environmentVariables } = info;
  return {
    functionId: uuidOf(info.functionName),
    config: { runtime, handler, description, memorySize, timeout, instanceConcurrency, environmentVariables },
    codeChecksum: '0',
    codeSha256: info.codeHash,
    codeSize: info.codeSize,
    createdTime: info.createdTime,
    lastModifiedTime: info.createdTime,
    tags: {},
    etag: info.codeHash.slice(0, 32),
  };
}

function uuidOf(name: string): string {
  const hex = hash('sha256', name, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
