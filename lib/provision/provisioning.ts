/**
 * Keeps the instances that configs ask for, in one class because provision and scaling configs exclude each other: looks once a
 * second what each config's rules come to, shares that out over the versions its qualifier points to, and tells their pools.
 * Configs are kept in the catalog, those of functions that are not declared (yet) too.
 */
import { type DeployedFunction, LATEST } from '../deployment/deployed-function.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { IsopodError } from '../errors.ts';
import type { Registry } from '../function/registry.ts';
import type { EngineLogger } from '../options.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';
import type { ProvisionConfig, ProvisionInfo, ScalingConfig, ScalingInfo } from '../types.ts';
import { type Checked, checkProvisionConfig, checkScalingConfig } from './config.ts';
import { type Share, sharesOf } from './shares.ts';
import { type Rules, targetAt } from './target.ts';
import { Usage } from './usage.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 1_000;

type Kind = 'provision' | 'scaling';

/** What is kept of a config. */
interface Kept {
  readonly config: ProvisionConfig & ScalingConfig;
  readonly lastModifiedTime: string;
}

/** One config at work. */
interface Entry {
  readonly kind: Kind;
  readonly functionName: string;
  readonly qualifier: string;
  readonly config: ProvisionConfig | ScalingConfig;
  readonly rules: Rules;
  /** ISO 8601. */
  readonly lastModifiedTime: string;
  readonly usage: Usage;
  /** Instances asked for at the last look. */
  target: number;
}

export interface ProvisioningOptions {
  readonly catalog: Catalog;
  readonly functions: Registry<DeployedFunction>;
  readonly logger: EngineLogger | undefined;
  /** How many of the instances that are asked for are this engine's; undefined: all. */
  readonly share: ((key: string, instances: number) => number) | undefined;
}

const keyOf = (functionName: string, qualifier: string): string => `${functionName}:${qualifier}`;

export class Provisioning {
  readonly #options: ProvisioningOptions;
  readonly #entries: Readonly<Record<Kind, Map<string, Entry>>> = { provision: new Map(), scaling: new Map() };
  readonly #changes: Readonly<Record<Kind, Changes<Kept>>>;
  /** Functions that declare `minInstances`. */
  readonly #declared = new Set<string>();
  /** What was asked of each deployment at the last look. */
  #asked = new Map<Deployment, number>();
  readonly #unwatch: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ProvisioningOptions) {
    this.#options = options;
    const { catalog } = options;
    this.#changes = { provision: new Changes(catalog, 'provision'), scaling: new Changes(catalog, 'scaling') };
  }

  /** Reads what was kept. A config that cannot be read any more is told and left alone. */
  async open(): Promise<void> {
    for (const kind of ['provision', 'scaling'] as const) {
      this.#unwatch.push(
        this.#options.catalog.watch<Kept>(kind, '', ({ key, value }) => this.#follow(kind, key, value)),
      );
      for await (const { key, value } of documents<Kept>(this.#options.catalog, kind)) {
        try {
          this.#set(kind, key, value);
        } catch (error) {
          this.#options.logger?.error('A provision config that was kept cannot be used', { key, error });
        }
      }
    }
    for (const { functionName, latest } of this.#options.functions.values()) {
      if (latest.minInstances > 0) this.#declared.add(functionName);
    }
    this.look();
  }

  /** Somebody changed a config: this engine, which knows of it already, or another one. */
  #follow(kind: Kind, key: string, kept: Kept | undefined): void {
    if (this.#closed || this.#entries[kind].get(key)?.lastModifiedTime === kept?.lastModifiedTime) return;
    try {
      if (kept === undefined) this.#entries[kind].delete(key);
      else this.#set(kind, key, kept);
      this.look();
    } catch (error) {
      this.#options.logger?.error('A provision config of another engine cannot be used', { key, error });
    }
  }

  #set(kind: Kind, key: string, kept: Kept): Entry {
    const at = key.lastIndexOf(':');
    const [functionName, qualifier] = [key.slice(0, at), key.slice(at + 1)];
    const { config, rules } = check(kind, kept.config);
    const { lastModifiedTime } = kept;
    const entry = { kind, functionName, qualifier, config, rules, lastModifiedTime, usage: new Usage(), target: 0 };
    this.#entries[kind].set(key, entry);
    return entry;
  }

  async put(functionName: string, config: ProvisionConfig, qualifier = LATEST): Promise<ProvisionInfo> {
    return this.#provisionInfo(await this.#put('provision', functionName, qualifier, config));
  }

  async putScaling(functionName: string, config: ScalingConfig, qualifier = LATEST): Promise<ScalingInfo> {
    return this.#scalingInfo(await this.#put('scaling', functionName, qualifier, config));
  }

  async #put(kind: Kind, functionName: string, qualifier: string, given: object): Promise<Entry> {
    this.#checkQualifier(functionName, qualifier);
    const key = keyOf(functionName, qualifier);
    const other = kind === 'provision' ? 'scaling' : 'provision';
    if (this.#entries[other].has(key)) {
      throw new IsopodError(
        'ProvisionConfigExist',
        `${functionName} has a ${other} config for ${qualifier}, which says how many instances there are; delete it first`,
      );
    }
    const kept: Kept = { config: check(kind, given).config, lastModifiedTime: new Date().toISOString() };
    await this.#changes[kind].make(key, () => kept);
    const entry = this.#set(kind, key, kept);
    this.look();
    return entry;
  }

  /** Throws `FunctionNotFound`, `VersionNotFound` or `AliasNotFound`. */
  #checkQualifier(functionName: string, qualifier: string): void {
    this.#options.functions.get(functionName).targetsOf(qualifier);
  }

  get(functionName: string, qualifier = LATEST): ProvisionInfo {
    return this.#provisionInfo(this.#find('provision', functionName, qualifier));
  }

  getScaling(functionName: string, qualifier = LATEST): ScalingInfo {
    return this.#scalingInfo(this.#find('scaling', functionName, qualifier));
  }

  #find(kind: Kind, functionName: string, qualifier: string): Entry {
    const entry = this.#entries[kind].get(keyOf(functionName, qualifier));
    if (entry !== undefined) return entry;
    throw new IsopodError('ProvisionConfigNotFound', `${functionName} has no ${kind} config for ${qualifier}`);
  }

  delete(functionName: string, qualifier = LATEST): Promise<void> {
    return this.#delete('provision', functionName, qualifier);
  }

  deleteScaling(functionName: string, qualifier = LATEST): Promise<void> {
    return this.#delete('scaling', functionName, qualifier);
  }

  async #delete(kind: Kind, functionName: string, qualifier: string): Promise<void> {
    this.#find(kind, functionName, qualifier);
    const key = keyOf(functionName, qualifier);
    await this.#changes[kind].remove(key);
    this.#entries[kind].delete(key);
    this.look();
  }

  list(functionName?: string): ProvisionInfo[] {
    return this.#listed('provision', functionName).map((entry) => this.#provisionInfo(entry));
  }

  listScaling(functionName?: string): ScalingInfo[] {
    return this.#listed('scaling', functionName).map((entry) => this.#scalingInfo(entry));
  }

  #listed(kind: Kind, functionName: string | undefined): Entry[] {
    const entries = [...this.#entries[kind].values()];
    return entries.filter((entry) => functionName === undefined || entry.functionName === functionName);
  }

  /** Function Compute's rule. Throws `ProvisionConfigExist`. */
  assertNone(functionName: string): void {
    const found = [...this.#listed('provision', functionName), ...this.#listed('scaling', functionName)][0];
    if (found === undefined) return;
    throw new IsopodError(
      'ProvisionConfigExist',
      `${functionName} has a ${found.kind} config for ${found.qualifier}; delete that first`,
    );
  }

  #provisionInfo(entry: Entry): ProvisionInfo {
    return { ...(entry.config as ProvisionConfig), ...this.#status(entry) };
  }

  #scalingInfo(entry: Entry): ScalingInfo {
    return { ...(entry.config as ScalingConfig), ...this.#status(entry) };
  }

  #status({ functionName, qualifier, target, lastModifiedTime }: Entry) {
    let current = 0;
    let error: IsopodError | undefined;
    for (const { deployment } of this.#shares(functionName, qualifier, target)) {
      const staff = deployment.pool?.staff;
      current += staff?.provisionedCount ?? 0;
      error ??= staff?.provisionError;
    }
    const currentError = error?.message;
    return {
      functionName,
      qualifier,
      target,
      current,
      lastModifiedTime,
      ...(currentError !== undefined && { currentError }),
    };
  }

  /** Looks what is to be there now. */
  look(): void {
    if (this.#closed) return;
    const now = Date.now();
    const asked = new Map<Deployment, number>();
    const onDemand = new Map<Deployment, boolean>();
    const awake = new Set<Deployment>();
    for (const entry of [...this.#entries.provision.values(), ...this.#entries.scaling.values()]) {
      this.#measure(entry);
      entry.target = targetAt(entry.rules, now, entry.target, entry.usage.measured);
      const own = this.#own(entry.functionName, entry.target);
      const shares = this.#shares(entry.functionName, entry.qualifier, own);
      for (const { deployment, target } of shares) {
        asked.set(deployment, (asked.get(deployment) ?? 0) + target);
        if ('alwaysAllocateCPU' in entry.config && entry.config.alwaysAllocateCPU === true) awake.add(deployment);
        if ('enableOnDemandScaling' in entry.config) {
          onDemand.set(deployment, entry.config.enableOnDemandScaling !== false);
        }
      }
    }
    this.#askDeclared(asked);
    for (const deployment of this.#asked.keys()) if (!asked.has(deployment)) ask(deployment, 0, {});
    for (const [deployment, target] of asked) {
      ask(deployment, target, { onDemand: onDemand.get(deployment) ?? true, awake: awake.has(deployment) });
    }
    this.#asked = asked;
    this.#schedule(
      asked.size > 0 || this.#declared.size > 0 || this.#entries.provision.size + this.#entries.scaling.size > 0,
    );
  }

  /** A function is there, or is served by another deployment than before. */
  changed(functionName: string): void {
    const { minInstances } = this.#options.functions.get(functionName).latest;
    if (minInstances > 0) this.#declared.add(functionName);
    if (this.#declared.has(functionName) || this.#hasConfig(functionName)) this.look();
  }

  #hasConfig(functionName: string): boolean {
    return this.#listed('provision', functionName).length + this.#listed('scaling', functionName).length > 0;
  }

  /** `minInstances` of the declarations. */
  #askDeclared(asked: Map<Deployment, number>): void {
    for (const functionName of this.#declared) {
      const latest = this.#options.functions.find(functionName)?.latest;
      if (latest === undefined || latest.minInstances === 0) this.#declared.delete(functionName);
      else asked.set(latest, Math.max(asked.get(latest) ?? 0, this.#own(functionName, latest.minInstances)));
    }
  }

  #measure({ functionName, qualifier, target, usage, rules }: Entry): void {
    if (rules.tracked.length === 0) return;
    let open = 0;
    let capacity = 0;
    for (const { deployment } of this.#shares(functionName, qualifier, target)) {
      if (deployment.pool === undefined) continue;
      const { openCount, waitingCount, staff, definition } = deployment.pool;
      open += openCount + waitingCount;
      capacity += staff.provisionedCount * definition.declared.instanceConcurrency;
    }
    usage.note(open, capacity);
  }

  #own(functionName: string, instances: number): number {
    return this.#options.share?.(functionName, instances) ?? instances;
  }

  #shares(functionName: string, qualifier: string, target: number): Share[] {
    return sharesOf(this.#options.functions.find(functionName), qualifier, target);
  }

  #schedule(needed: boolean): void {
    if (needed) this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    else this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.#closed = true;
    for (const unwatch of this.#unwatch) unwatch();
    this.#stop();
  }
}

const check = (kind: Kind, given: object): Checked<ProvisionConfig | ScalingConfig> =>
  kind === 'provision' ? checkProvisionConfig(given) : checkScalingConfig(given);

function ask(deployment: Deployment, target: number, how: { onDemand?: boolean; awake?: boolean }): void {
  if (deployment.isEnded || (target === 0 && how.onDemand !== false && deployment.pool === undefined)) return;
  deployment.open().staff.provision(target, how);
}
