/** The functions of an engine: created, updated without a failed call, deleted. */
import { bindingTypes } from '../binding/type-text.ts';
import { IsopodError } from '../errors.ts';
import { declare, parse } from '../function/declaration.ts';
import { Registry } from '../function/registry.ts';
import { qualifierOptions } from '../options.ts';
import type { Pool } from '../pool/pool.ts';
import type { FunctionConfig, FunctionInfo, FunctionStats, QualifierOptions } from '../types.ts';
import { DeployedFunction, LATEST } from './deployed-function.ts';
import type { Deployer } from './deployer.ts';
import { Turns } from './turns.ts';

export type FunctionChanges = Partial<Omit<FunctionConfig, 'functionName'>>;

export interface FunctionsOptions {
  readonly deployer: Deployer;
  readonly assertOpen: () => void;
  /** A function is there. */
  readonly created: (functionName: string) => void;
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

  async create(config: FunctionConfig): Promise<FunctionInfo> {
    const { deployer, assertOpen, created } = this.#options;
    assertOpen();
    const { functionName } = declare(config);
    return this.turns.take(functionName, async () => {
      if (this.find(functionName) !== undefined) {
        throw new IsopodError(
          'FunctionAlreadyExists',
          `There is a function "${functionName}" already; use updateFunction`,
        );
      }
      const latest = await this.#whileOpen(deployer.deploy(config, LATEST));
      this.put(functionName, new DeployedFunction(functionName, latest));
      created(functionName);
      return latest.info;
    });
  }

  /** The new one is made ready first, and starts as many instances as the old one has; then calls go to it. */
  async update(functionName: string, changes: FunctionChanges): Promise<FunctionInfo> {
    const { deployer, assertOpen } = this.#options;
    assertOpen();
    this.get(functionName);
    return this.turns.take(functionName, async () => {
      const entry = this.get(functionName);
      const { config, pool } = entry.latest;
      const latest = await this.#whileOpen(deployer.deploy({ ...config, ...changes, functionName }, LATEST));
      await latest.pool.prewarm(pool.servingCount);
      assertOpen();
      const before = entry.replaceLatest(latest);
      void deployer.drain(before);
      return latest.info;
    });
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
    const { deployer, assertOpen, deleting, deleted } = this.#options;
    assertOpen();
    this.get(functionName);
    await this.turns.take(functionName, async () => {
      const entry = this.get(functionName);
      deleting(functionName);
      this.remove(functionName);
      deleted(functionName);
      await Promise.all(
        [...entry.deployments()].map((deployment) => deployer.end(deployment, deployment.definition.timeoutMs)),
      );
    });
  }

  info(functionName: string, options?: QualifierOptions): FunctionInfo {
    const { qualifier = LATEST } = options === undefined ? {} : parse(qualifierOptions, options, 'getFunction');
    return this.get(functionName).route(qualifier, '').info;
  }

  /** `queued`: async events accepted and not ended. */
  stats(queued: (functionName: string) => number): FunctionStats[] {
    return [...this.values()].map((entry) => {
      const { functionName, latest } = entry;
      const sum = (of: (pool: Pool) => number): number => {
        let total = 0;
        for (const { pool } of entry.deployments()) total += of(pool);
        return total;
      };
      return {
        functionName,
        lane: latest.pool.lane,
        instances: sum((pool) => pool.instanceCount),
        spares: sum((pool) => pool.spareCount),
        open: sum((pool) => pool.openCount),
        waiting: sum((pool) => pool.waitingCount),
        queued: queued(functionName),
        coldStarts: sum((pool) => pool.coldStarts),
        nearLimits: { ...latest.pool.definition.nearLimits },
      };
    });
  }

  bindingTypes(functionName: string): string {
    return bindingTypes(this.get(functionName).latest.config.bindings ?? {});
  }
}
