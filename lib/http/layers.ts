/** Layers: archives that functions have in common, in numbered versions that never change. */
import { IsopodError } from '../errors.ts';
import type { Blobs } from '../store/blobs.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import type { Tenant, Tenants } from '../tenant/tenants.ts';
import type { CodePackage } from './code-package.ts';

/** Key: tenant, `:`, name, `:`, version. */
const KIND = 'layer-version';
/** Key: tenant, `:`, name; value: the newest number, which is never given again, and who may use it. */
const HEAD = 'layer';

/** Versions of one layer (Function Compute's limit). */
const MAX_VERSIONS = 100;
const NAME = /^[A-Za-z_][\w-]{0,63}$/;

export interface LayerVersion {
  readonly layerName: string;
  readonly version: number;
  readonly description: string;
  readonly compatibleRuntime: readonly string[];
  readonly license: string;
  readonly codeChecksum: string;
  readonly codeSha256: string;
  /** Bytes of the archive. */
  readonly codeSize: number;
  readonly createTime: string;
}

interface Head {
  readonly last: number;
  /** Every tenant may use it. */
  readonly isPublic: boolean;
}

/** Before there is a version. */
const FIRST: Head = { last: 0, isPublic: false };

export interface NewLayer {
  readonly description?: string | undefined;
  readonly compatibleRuntime?: readonly string[] | undefined;
  readonly license?: string | undefined;
}

export interface Layer {
  readonly newest: LayerVersion;
  readonly isPublic: boolean;
}

/** Function Compute's form, and Lambda's. */
const ARN =
  /^(?:acs:fc:[^:]*:(\d+):layers\/([\w-]+)\/versions\/(\d+)|arn:aws[\w-]*:lambda:[^:]*:(\d+):layer:([\w-]+):(\d+))$/;

export class Layers {
  readonly #catalog: Catalog;
  readonly #blobs: Blobs;
  readonly #tenants: Tenants;

  constructor(catalog: Catalog, blobs: Blobs, tenants: Tenants) {
    this.#catalog = catalog;
    this.#blobs = blobs;
    this.#tenants = tenants;
  }

  /** Rejects with `LimitExceeded`. */
  async publish({ name: tenant }: Tenant, layerName: string, code: CodePackage, more: NewLayer): Promise<LayerVersion> {
    if (!NAME.test(layerName)) {
      throw new IsopodError('InvalidArgument', 'layerName: must be 1-64 letters, digits, _ or -, a letter or _ first');
    }
    if ((await this.versions({ name: tenant }, layerName)).length >= MAX_VERSIONS) {
      throw new IsopodError('LimitExceeded', `The layer ${layerName} has ${MAX_VERSIONS} versions; delete some first`);
    }
    await this.#blobs.put(code.bytes);
    const { last: version } = await this.#changeHead(`${tenant}:${layerName}`, ({ isPublic, last } = FIRST) => ({
      isPublic,
      last: last + 1,
    }));
    const made: LayerVersion = {
      layerName,
      version,
      description: more.description ?? '',
      compatibleRuntime: more.compatibleRuntime ?? [],
      license: more.license ?? '',
      codeChecksum: code.checksum,
      codeSha256: code.sha256,
      codeSize: code.size,
      createTime: new Date().toISOString(),
    };
    await this.#catalog.put(KIND, keyOf(tenant, layerName, version), made);
    return made;
  }

  /** From what it is at that moment: a number that was given is not given again, whoever else changes it. */
  async #changeHead(key: string, change: (before: Head | undefined) => Head): Promise<Head> {
    for (;;) {
      const head = await this.#catalog.get<Head>(HEAD, key);
      const next = change(head?.value);
      try {
        await this.#catalog.put<Head>(HEAD, key, next, head?.revision ?? 0);
        return next;
      } catch (error) {
        if (!(error instanceof IsopodError) || error.code !== 'ConcurrentUpdateError') throw error;
      }
    }
  }

  /** Oldest first. */
  async versions({ name: tenant }: Pick<Tenant, 'name'>, layerName: string): Promise<LayerVersion[]> {
    const found: LayerVersion[] = [];
    for await (const { value } of documents<LayerVersion>(this.#catalog, KIND, `${tenant}:${layerName}:`))
      found.push(value);
    return found.sort((a, b) => a.version - b.version);
  }

  /** Rejects with `LayerVersionNotFound`. */
  async get({ name }: Pick<Tenant, 'name'>, layerName: string, version: number): Promise<LayerVersion> {
    const found = await this.#catalog.get<LayerVersion>(KIND, keyOf(name, layerName, version));
    if (found !== undefined) return found.value;
    throw new IsopodError('LayerVersionNotFound', `layer '${layerName}' has no version ${version}`);
  }

  /** Functions that were made with it keep what they have. */
  async delete({ name }: Tenant, layerName: string, version: number): Promise<void> {
    await this.#catalog.delete(KIND, keyOf(name, layerName, version));
  }

  /** Each layer that has a version, by name. */
  async list({ name }: Tenant): Promise<Layer[]> {
    const newest = new Map<string, LayerVersion>();
    for await (const { value } of documents<LayerVersion>(this.#catalog, KIND, `${name}:`)) {
      if ((newest.get(value.layerName)?.version ?? 0) < value.version) newest.set(value.layerName, value);
    }
    return Promise.all(
      [...newest.values()].map(async (one) => ({ newest: one, isPublic: await this.isPublic(name, one.layerName) })),
    );
  }

  async isPublic(tenant: string, layerName: string): Promise<boolean> {
    return (await this.#catalog.get<Head>(HEAD, `${tenant}:${layerName}`))?.value.isPublic === true;
  }

  /** Lets every tenant of the host use it, or none but its own. */
  async share({ name }: Tenant, layerName: string, isPublic: boolean): Promise<void> {
    await this.#changeHead(`${name}:${layerName}`, (before) => {
      if (before === undefined) throw new IsopodError('LayerNotFound', `layer '${layerName}' does not exist`);
      return { ...before, isPublic };
    });
  }

  /** What an ARN names, if `tenant` may use it. Rejects with `InvalidArgument` or `LayerVersionNotFound`. */
  async find(tenant: Tenant, arn: string): Promise<LayerVersion> {
    const found = ARN.exec(arn);
    if (found === null)
      throw new IsopodError('InvalidArgument', `${arn.slice(0, 200)} is not the ARN of a layer version`);
    const [account, layerName, version] = (found[1] === undefined ? found.slice(4) : found.slice(1, 4)) as string[];
    const isOf = ({ accountId }: Tenant): boolean => accountId === account || accountId.slice(-12) === account;
    const owner = isOf(tenant) ? tenant : this.#tenants.list().find(isOf);
    const isAllowed = owner === tenant || (owner && (await this.isPublic(owner.name, layerName as string)));
    if (owner === undefined || isAllowed !== true) {
      throw new IsopodError('LayerVersionNotFound', `${arn} does not exist, or is not shared with other tenants`);
    }
    return this.get(owner, layerName as string, Number(version));
  }

  /** The archives of `arns`, in their order. */
  async archives(tenant: Tenant, arns: readonly string[]): Promise<Uint8Array[]> {
    return Promise.all(
      arns.map(async (arn) => {
        const bytes = await this.#blobs.get((await this.find(tenant, arn)).codeSha256);
        if (bytes === undefined)
          throw new IsopodError('CodeNotFound', `The archive of ${arn} is lost; publish it again`);
        return bytes;
      }),
    );
  }

  /** Bytes of all a tenant has. */
  async bytesOf({ name }: Tenant): Promise<number> {
    let bytes = 0;
    for await (const { value } of documents<LayerVersion>(this.#catalog, KIND, `${name}:`)) bytes += value.codeSize;
    return bytes;
  }
}

const keyOf = (tenant: string, layerName: string, version: number): string => `${tenant}:${layerName}:${version}`;
