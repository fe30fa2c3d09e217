/**
 * The functions of an engine: created, updated without a failed call, deleted. One file because each of these is done by
 * somebody here or, in a cluster, somewhere else, and ends in the same.
 */
import { bindingTypes } from '../binding/type-text.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import { declare, parse } from '../function/declaration.ts';
import { Registry } from '../function/registry.ts';
import type { Instance } from '../instance/instance.ts';
import { type EngineLogger, qualifierOptions } from '../options.ts';
import type { Pool } from '../pool/pool.ts';
import { Turns } from '../store/turns.ts';
import type { FunctionConfig, FunctionInfo, FunctionStats, InstanceInfo, QualifierOptions } from '../types.ts';
import { DeployedFunction, LATEST } from './deployed-function.ts';
import type { Deployer } from './deployer.ts';
import type { Deployment } from './deployment.ts';
import type { Keeper } from './keeper.ts';
import type { Plan } from './plan.ts';

export type FunctionChanges = Partial<Omit<FunctionConfig, 'functionName'>>;

export interface FunctionsOptions {
  readonly deployer: Deployer;
  readonly keeper: Keeper;
  readonly logger: EngineLogger | undefined;
  readonly assertOpen: () => void;
  /** A function is there. */
  readonly created: (functionName: string) => void;
  /** Another deployment serves it. */
  readonly updated: (functionName: string) => void;
  /** Throws when a function may not be deleted. */
  readonly deleting: (functionName: string) => void;
  /** A function is about to be gone: what waits for it is given up. */
  readonly deleted: (functionName: string) => void;
}

export class Functions extends Registry<DeployedFunction> {
  readonly #options: FunctionsOptions;
  /** Changes of one function follow one another. */
  readonly turns = new Turns();

  constructor(options: FunctionsOptions) {
    super();
    this.#options = options;
  }

  /** Declares what was kept; nothing is built or started. */
  async restore(): Promise<void> {
    const { deployer, keeper } = this.#options;
    for await (const { functionName, latest, nextVersion, versions, aliases } of keeper.restore()) {
      await this.#makeAvailable(functionName, latest);
      const entry = new DeployedFunction(functionName, deployer.restore(latest, LATEST));
      entry.nextVersion = nextVersion;
      for (const { info, plan } of versions) {
        entry.versions.set(info.versionId, { info, deployment: deployer.restore(plan, info.versionId) });
      }
      for (const alias of aliases) entry.aliases.set(alias.aliasName, alias);
      this.put(functionName, entry);
    }
  }

  /** A promise this machine does not keep (any more) is told to those who call; the other functions are not to suffer. */
  async #makeAvailable(functionName: string, plan: Plan): Promise<void> {
    const { isolation = 'thread' } = plan.facts.config;
    await this.#options.deployer.assertAvailable(isolation).catch((error: unknown) => {
      this.#options.logger?.error('A function that was kept cannot run here', { functionName, error });
    });
  }

  async create(config: FunctionConfig): Promise<FunctionInfo> {
    const { deployer, keeper, assertOpen } = this.#options;
    assertOpen();
    const { functionName } = declare(config);
    return this.turns.take(functionName, async () => {
      if (this.find(functionName) !== undefined) throw functionExists(functionName);
      const latest = await this.#whileOpen(deployer.deploy(config, LATEST));
      await this.#orEnd(latest, keeper.keep({ functionName }, latest, 1).catch(alreadyThere(functionName)));
      this.put(functionName, new DeployedFunction(functionName, latest));
      this.#options.created(functionName);
      return latest.info;
    });
  }

  /** The new one is made ready first, and starts as many instances as the old one has; then calls go to it. */
  async update(functionName: string, changes: FunctionChanges): Promise<FunctionInfo> {
    const { deployer, keeper, assertOpen } = this.#options;
    assertOpen();
    this.get(functionName);
    return this.turns.take(functionName, async () => {
      const entry = this.get(functionName);
      const before = entry.latest;
      const latest = await this.#whileOpen(deployer.redeploy(before, { ...changes, functionName }));
      await this.#orEnd(latest, this.#prewarmAs(latest, before));
      await this.#orEnd(latest, keeper.keep(entry, latest, entry.nextVersion));
      this.#replace(entry, latest);
      return latest.info;
    });
  }

  /** From here on calls go to `latest`. */
  #replace(entry: DeployedFunction, latest: Deployment): void {
    const before = entry.latest;
    entry.latest = latest;
    this.#options.updated(entry.functionName);
    void this.#options.deployer.drain(before);
  }

  /** Another engine made or changed the function. In the function's turn. */
  async adopt(functionName: string, plan: Plan, nextVersion: number): Promise<void> {
    const { deployer, created } = this.#options;
    const entry = this.find(functionName);
    if (entry?.latest.plan.isPlain === false) {
      this.#options.logger?.warn('A function of this program hides the one of the cluster', { functionName });
      return;
    }
    if (entry !== undefined) entry.nextVersion = nextVersion;
    if (entry?.latest.plan.isSameAs(plan) === true) return;
    await this.#makeAvailable(functionName, plan);
    const latest = deployer.restore(plan, LATEST);
    if (entry === undefined) {
      const made = new DeployedFunction(functionName, latest);
      made.nextVersion = nextVersion;
      this.put(functionName, made);
      created(functionName);
      return;
    }
    // Where instances cannot be started the calls to come say so.
    await this.#prewarmAs(latest, entry.latest).catch((error: unknown) => {
      this.#options.logger?.warn('Instances of a changed function could not be started', { functionName, error });
    });
    this.#replace(entry, latest);
  }

  /** As many instances as another one has, or is to have. */
  async #prewarmAs(latest: Deployment, before: Deployment): Promise<void> {
    const staff = before.pool?.staff;
    const wanted = Math.max(staff?.servingCount ?? 0, staff?.target ?? 0);
    if (wanted > 0) await latest.open().prewarm(wanted);
  }

  /** A deployment that cannot be kept is not used. */
  async #orEnd(deployment: Deployment, kept: Promise<void>): Promise<void> {
    try {
      await kept;
      this.#options.assertOpen();
    } catch (error) {
      await this.#options.deployer.end(deployment, 0);
      throw error;
    }
  }

  /** A deployment that comes when the engine is closed is ended by that; closing is the reason to tell. */
  async #whileOpen<T>(making: Promise<T>): Promise<T> {
    try {
      return await making;
    } finally {
      this.#options.assertOpen();
    }
  }

  /** Calls in progress may finish. */
  async delete(functionName: string): Promise<void> {
    const { keeper, assertOpen, deleting } = this.#options;
    assertOpen();
    this.get(functionName);
    await this.turns.take(functionName, async () => {
      this.get(functionName);
      deleting(functionName);
      await keeper.forget(functionName);
      await this.abandon(functionName);
    });
  }

  /** The function is no more, here or wherever it was deleted. In the function's turn. */
  async abandon(functionName: string): Promise<void> {
    const { deployer, deleted } = this.#options;
    const entry = this.find(functionName);
    if (entry === undefined) return;
    this.remove(functionName);
    deleted(functionName);
    await Promise.all([...entry.deployments()].map((deployment) => deployer.endSoon(deployment)));
  }

  /** What serves a version; undefined when nothing does that another engine could know of. */
  served(functionName: string, versionId: string): Deployment | undefined {
    const entry = this.find(functionName);
    const deployment = versionId === LATEST ? entry?.latest : entry?.versions.get(versionId)?.deployment;
    return deployment?.plan.isPlain === true ? deployment : undefined;
  }

  info(functionName: string, options?: QualifierOptions): FunctionInfo {
    const { qualifier = LATEST } = options === undefined ? {} : parse(qualifierOptions, options, 'getFunction');
    return this.get(functionName).route(qualifier, '').info;
  }

  /** Of a qualifier, or of all versions. Provisioned ones first. */
  instances(functionName: string, { qualifier }: QualifierOptions = {}): InstanceInfo[] {
    const entry = this.get(functionName);
    const deployments = qualifier === undefined ? [...entry.deployments()] : entry.targetsOf(qualifier);
    const infos = deployments.flatMap(({ pool, versionId }) =>
      [...(pool?.staff.serving() ?? [])].map((instance) => instanceInfo(instance, versionId)),
    );
    return infos.sort((a, b) => b.resourceMode.localeCompare(a.resourceMode) || a.createdTime - b.createdTime);
  }

  /** `queued`: what is known of async events that have not ended. */
  stats(
    queued: (functionName: string) => Pick<FunctionStats, 'queued' | 'oldestWaitingMs'>,
    only?: string,
  ): FunctionStats[] {
    const entries = only === undefined ? [...this.values()] : [this.get(only)];
    return entries.map((entry) => {
      const { functionName, latest } = entry;
      const deployments = [...entry.deployments()];
      const sum = (of: (pool: Pool) => number): number =>
        deployments.reduce((total, { pool }) => total + (pool === undefined ? 0 : of(pool)), 0);
      return {
        functionName,
        lane: this.#options.deployer.laneOf(latest),
        instances: sum((pool) => pool.staff.count),
        starting: sum(({ staff }) => staff.count - staff.servingCount - staff.spareCount),
        spares: sum((pool) => pool.staff.spareCount),
        provisioned: sum((pool) => pool.staff.provisionedCount),
        open: sum((pool) => pool.openCount),
        waiting: sum((pool) => pool.waitingCount),
        ...queued(functionName),
        memoryBytes: sum((pool) => pool.memoryBytes),
        coldStarts: deployments.reduce((total, { experience }) => total + (experience?.coldStarts.count ?? 0), 0),
        nearLimits: { ...latest.experience?.conduct.nearLimits },
      };
    });
  }

  bindingTypes(functionName: string): string {
    return bindingTypes(this.get(functionName).latest.plan.facts.config.bindings ?? {});
  }
}

const functionExists = (functionName: string): IsopodError =>
  new IsopodError('FunctionAlreadyExists', `There is a function "${functionName}" already; use updateFunction`);

/** Another engine was quicker to make it. */
const alreadyThere =
  (functionName: string) =>
  (error: unknown): never => {
    throw toIsopodError(error).code === 'ConcurrentUpdateError' ? functionExists(functionName) : error;
  };

function instanceInfo(instance: Instance, versionId: string): InstanceInfo {
  const { id: instanceId, provisioned, lane, openCount: open, bytes, createdAt: createdTime } = instance;
  return {
    instanceId,
    versionId,
    resourceMode: provisioned ? 'Provision' : 'OnDemand',
    lane,
    open,
    bytes,
    createdTime,
  };
}
