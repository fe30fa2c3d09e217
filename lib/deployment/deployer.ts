/** Makes deployments: code loaded and bundled, image built or found, places for instances ready. */
import { loadCode } from '../code/load.ts';
import { declare } from '../function/declaration.ts';
import { styleOf } from '../function/runtimes.ts';
import type { Images } from '../image/images.ts';
import { imageRequest } from '../image/request.ts';
import { Definition, type EngineFacts } from '../instance/definition.ts';
import { MemoryBudget } from '../pool/memory-budget.ts';
import { Pool, type PoolResources } from '../pool/pool.ts';
import type { FunctionConfig } from '../types.ts';
import { Deployment } from './deployment.ts';
import type { Lanes } from './lanes.ts';

export interface DeployerOptions {
  readonly lanes: Lanes;
  readonly images: Images;
  readonly facts: EngineFacts;
  readonly budgetBytes: number;
  /** Calls of one function that may wait. */
  readonly maxWaiting: number;
  /** Aborted when the engine is closed. */
  readonly signal: AbortSignal;
}

export class Deployer {
  readonly #options: DeployerOptions;
  readonly #budget: MemoryBudget;
  /** Everything that has instances or may get some, draining ones too. */
  readonly #live = new Set<Deployment>();

  constructor(options: DeployerOptions) {
    this.#options = options;
    this.#budget = new MemoryBudget(options.budgetBytes);
  }

  get usedBytes(): number {
    return this.#budget.usedBytes;
  }

  *pools(): IterableIterator<Pool> {
    for (const { pool } of this.#live) yield pool;
  }

  /** Rejects with what is wrong with the declaration or the code. */
  async deploy(config: FunctionConfig, versionId: string): Promise<Deployment> {
    const { lanes, images, signal, facts } = this.#options;
    const declared = declare(config);
    lanes.warm(declared);
    const places = await lanes.placesFor(declared);
    const { handler, code, runtime } = declared;
    const artifact = await loadCode(code, { handler, bufferEvents: styleOf(runtime) === 'fc', signal });
    const { image, imageBuildMs } = await images.get(imageRequest(declared, artifact));
    const times = { ...artifact.stages, imageBuildMs };
    return this.#serve(config, new Definition(declared, artifact, image, facts, times, versionId), places);
  }

  /** The same code and configuration as another version: nothing is built. */
  async copy({ config, definition }: Deployment, versionId: string): Promise<Deployment> {
    const { declared, artifact, image } = definition;
    const places = await this.#options.lanes.placesFor(declared);
    const copy = new Definition(declared, artifact, image, this.#options.facts, undefined, versionId);
    return this.#serve(config, copy, places);
  }

  #serve(
    config: FunctionConfig,
    definition: Definition,
    places: Pick<PoolResources, 'makeDirect' | 'remote'>,
  ): Deployment {
    const { maxWaiting } = this.#options;
    const deployment = new Deployment(
      config,
      definition,
      new Pool(definition, { ...places, budget: this.#budget, maxWaiting }),
    );
    this.#live.add(deployment);
    return deployment;
  }

  /** Lets a deployment finish what it was given. */
  drain(deployment: Deployment): Promise<void> {
    return deployment.drain().finally(() => this.#live.delete(deployment));
  }

  end(deployment: Deployment, graceMs: number): Promise<void> {
    return deployment.end(graceMs).finally(() => this.#live.delete(deployment));
  }

  /** Ends all of them. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([...this.#live].map((deployment) => this.end(deployment, graceMs)));
  }
}
