/** A function with its versions and aliases, and which of them a call goes to. */
import { IsopodError } from '../errors.ts';
import type { AliasInfo, VersionInfo } from '../types.ts';
import type { Deployment } from './deployment.ts';
import { versionFor } from './routing.ts';

export const LATEST = 'LATEST';

export interface PublishedVersion {
  readonly info: VersionInfo;
  readonly deployment: Deployment;
}

export class DeployedFunction {
  readonly functionName: string;
  /** A field, because the hot path reads it. */
  latest: Deployment;
  /** Of the next version: numbers are not given twice, also when a version was deleted. */
  nextVersion = 1;
  #versions: Map<string, PublishedVersion> | undefined;
  #aliases: Map<string, AliasInfo> | undefined;

  constructor(functionName: string, latest: Deployment) {
    this.functionName = functionName;
    this.latest = latest;
  }

  /** Most functions have none. */
  get versions(): Map<string, PublishedVersion> {
    this.#versions ??= new Map();
    return this.#versions;
  }

  get aliases(): Map<string, AliasInfo> {
    this.#aliases ??= new Map();
    return this.#aliases;
  }

  *deployments(): IterableIterator<Deployment> {
    yield this.latest;
    if (this.#versions !== undefined) for (const { deployment } of this.#versions.values()) yield deployment;
  }

  /** What serves a qualifier now. Throws `VersionNotFound` or `AliasNotFound`. */
  route(qualifier: string, requestId: string): Deployment {
    if (qualifier === LATEST) return this.latest;
    const version = this.#versions?.get(qualifier);
    if (version !== undefined) return version.deployment;
    const alias = this.#aliases?.get(qualifier);
    if (alias === undefined) throw this.#missing(qualifier);
    return this.route(versionFor(alias, requestId), requestId);
  }

  /** Everything a qualifier can point to now. Throws `VersionNotFound` or `AliasNotFound`. */
  targetsOf(qualifier: string): Deployment[] {
    const alias = this.#aliases?.get(qualifier);
    if (alias === undefined) return [this.route(qualifier, '')];
    const versionIds = [alias.versionId, ...Object.keys(alias.additionalVersionWeight)];
    return versionIds.map((versionId) => this.route(versionId, ''));
  }

  version(versionId: string): PublishedVersion {
    const version = this.versions.get(versionId);
    if (version === undefined) throw this.#missing(versionId, 'version');
    return version;
  }

  alias(aliasName: string): AliasInfo {
    const alias = this.aliases.get(aliasName);
    if (alias === undefined) throw this.#missing(aliasName, 'alias');
    return alias;
  }

  #missing(qualifier: string, wanted = /^\d+$/.test(qualifier) ? 'version' : 'alias'): IsopodError {
    return wanted === 'version'
      ? new IsopodError(
          'VersionNotFound',
          `${this.functionName} has no version "${qualifier}"; publishVersion makes one`,
        )
      : new IsopodError('AliasNotFound', `${this.functionName} has no alias "${qualifier}"; createAlias makes one`);
  }
}
