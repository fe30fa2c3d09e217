/** Makes deployments: code loaded and bundled, image built or found, places for instances ready; and their pools on demand. */
import { loadCode } from '../code/load.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { declare } from '../function/declaration.ts';
import { eventFormOf } from '../function/runtimes.ts';
import type { Images } from '../image/images.ts';
import { imageFacts, imageRequest, rejectWithSources } from '../image/request.ts';
import type { Call } from '../instance/call.ts';
import { type BuildTimes, Definition, type EngineFacts } from '../instance/definition.ts';
import { Capacity, type CapacityOptions } from '../pool/capacity.ts';
import { Experience } from '../pool/experience.ts';
import { firstLane } from '../pool/lane-choice.ts';
import type { PoolObserver } from '../pool/observer.ts';
import { Pool } from '../pool/pool.ts';
import type { FunctionConfig, Isolation, Lane } from '../types.ts';
import type { CodeStore } from './code-store.ts';
import { Deployment, declaredBy } from './deployment.ts';
import type { Lanes } from './lanes.ts';
import { type CodeRef, type KeptCode, type KeptConfig, Plan } from './plan.ts';

export interface DeployerOptions {
  readonly lanes: Lanes;
  readonly images: Images;
  readonly codes: CodeStore;
  readonly facts: EngineFacts;
  readonly capacity: CapacityOptions;
  readonly observer: PoolObserver | undefined;
  /** The pool has calls, whose deadlines have to be looked after. */
  readonly watch: (pool: Pool) => void;
  /** Calls of one function that may wait. */
  readonly maxWaiting: number;
  /** Offers a call to other engines; false when it is to stay. */
  readonly elsewhere: ((deployment: Deployment, pool: Pool, call: Call) => boolean) | undefined;
  /** Aborted when the engine is closed. */
  readonly signal: AbortSignal;
}

/** Milliseconds a pool with nothing in it is kept. */
const REST_AFTER_MS = 5_000;

/** Code made ready for a deployment; `source` and `code` are uses of blobs. */
interface ReadyCode {
  readonly source: KeptCode;
  readonly code: CodeRef;
  readonly script: string | undefined;
  readonly times: Omit<BuildTimes, 'imageBuildMs'>;
}

const NO_TIMES = { downloadCodeMs: 0, unzipMs: 0, bundleMs: 0 };

export class Deployer {
  readonly #options: DeployerOptions;
  readonly #capacity: Capacity;
  /** Those with a pool, draining ones too. */
  readonly #live = new Set<Deployment>();

  constructor(options: DeployerOptions) {
    this.#options = options;
    this.#capacity = new Capacity(options.capacity);
  }

  get usedBytes(): number {
    return this.#capacity.usedBytes;
  }

  get instanceCount(): number {
    return this.#capacity.instanceCount;
  }

  /** Those whose next call needs no start. */
  *warm(): IterableIterator<Deployment> {
    for (const deployment of this.#live) if (deployment.pool?.hasIdle === true) yield deployment;
  }

  *pools(): IterableIterator<Pool> {
    for (const { pool } of this.#live) if (pool !== undefined) yield pool;
  }

  /** Rejects with what is wrong with the declaration or the code. */
  async deploy(config: FunctionConfig, versionId: string): Promise<Deployment> {
    const declared = declare(config);
    await this.#ready(declared);
    return this.#finish(declared, config, await this.#load(config.code, declared), versionId, undefined);
  }

  /** As another deployment, but for `changes`. Code is loaded again only when it, or what it is bundled for, changes. */
  async redeploy(before: Deployment, changes: Partial<FunctionConfig>): Promise<Deployment> {
    const { config, code, createdTime } = before.plan.facts;
    const { code: source } = config;
    const next: KeptConfig = { ...config, ...changes, code: changes.code ?? source };
    const declared = declare({ ...next, code: changes.code ?? { source: '' } });
    await this.#ready(declared);
    let ready: ReadyCode;
    if (changes.code === undefined && bundleOf(declared) === bundleOf(before.declared)) {
      this.#options.codes.retain(code, source);
      ready = { source, code, script: undefined, times: NO_TIMES };
    } else {
      ready = await this.#load(changes.code ?? (await this.#options.codes.sourceOf(source)), declared);
    }
    return this.#finish(declared, next, ready, before.versionId, createdTime);
  }

  /** The same code and configuration as another version: nothing is built. */
  copy({ plan }: Deployment, versionId: string): Deployment {
    return this.restore(plan, versionId);
  }

  /** From a plan that was kept. */
  restore(plan: Plan, versionId: string): Deployment {
    const { code, config } = plan.facts;
    this.#options.codes.retain(code, config.code);
    return new Deployment(plan, versionId, this.#open);
  }

  #ready(declared: DeclaredFunction): Promise<void> {
    this.#options.lanes.warm(declared);
    return this.assertAvailable(declared.isolation);
  }

  /** Rejects with `JailUnavailable`. */
  assertAvailable(isolation: Isolation): Promise<void> {
    return this.#options.lanes.assertAvailable(isolation);
  }

  async #load(from: FunctionConfig['code'], declared: DeclaredFunction): Promise<ReadyCode> {
    const { codes, signal } = this.#options;
    const { handler } = declared;
    const artifact = await loadCode(from, { handler, eventForm: eventFormOf(declared), signal });
    const source = await codes.keepSource(from);
    const { script, stages } = artifact;
    const { codeLoadMs: downloadCodeMs, ...rest } = stages;
    const times = { downloadCodeMs, ...rest };
    try {
      return { source, code: await codes.keepArtifact(artifact), script, times };
    } catch (error) {
      await codes.release(undefined, source);
      throw error;
    }
  }

  async #finish(
    declared: DeclaredFunction,
    config: KeptConfig,
    { source, code, script, times }: ReadyCode,
    versionId: string,
    createdTime: string | undefined,
  ): Promise<Deployment> {
    const { images, codes } = this.#options;
    try {
      const artifact = script === undefined ? await codes.script(code) : { ...code, script };
      const { image, imageBuildMs } = await images
        .get(imageRequest(declared, artifact))
        .catch(rejectWithSources(() => codes.sourceMap(code)));
      const lastModifiedTime = new Date().toISOString();
      const plan = new Plan({
        config: { ...config, code: source },
        code,
        image: image.info,
        createdTime: createdTime ?? lastModifiedTime,
        lastModifiedTime,
      });
      return new Deployment(plan, versionId, this.#open, { ...times, imageBuildMs });
    } catch (error) {
      await codes.release(code, source);
      throw error;
    }
  }

  /** Makes a deployment's pool. */
  readonly #open = (deployment: Deployment): Pool => {
    const { lanes, images, codes, facts: engine, maxWaiting, observer, watch, elsewhere: offer } = this.#options;
    const { plan, versionId, buildTimes } = deployment;
    const { code, image } = plan.facts;
    const declared = declaredBy(plan);
    const source = images.source(imageFacts(declared, code.hash), image, async () =>
      imageRequest(declared, await codes.script(code)),
    );
    const served = { ...code, image: source, sourceMap: () => codes.sourceMap(code) };
    deployment.experience ??= new Experience();
    const { experience } = deployment;
    const definition = new Definition(declared, served, engine, buildTimes, versionId, experience.conduct);
    deployment.buildTimes = undefined;
    // What belongs to this program cannot be called from another one.
    const elsewhere =
      offer !== undefined && plan.isPlain ? (to: Pool, call: Call) => offer(deployment, to, call) : undefined;
    const capacity = this.#capacity;
    const resources = { ...lanes.placesFor(declared), capacity, maxWaiting, observer, watch, elsewhere };
    const pool = new Pool(definition, resources, experience);
    this.#live.add(deployment);
    return pool;
  };

  /** Lane of the next synchronous call. */
  laneOf({ pool, plan, experience }: Deployment): Lane {
    const known = pool?.lane ?? experience?.choice?.lane;
    if (known !== undefined) return known;
    const { isolation = 'thread', lane = 'auto' } = plan.facts.config;
    return firstLane(lane, this.#options.lanes.remoteLane(isolation));
  }

  /** Now and then: instances nobody needs go, then pools nobody needs. */
  sweep(now: number): void {
    for (const deployment of this.#live) {
      const { pool } = deployment;
      pool?.sweep(now);
      if (pool?.isEmpty === true && now - pool.emptySince >= REST_AFTER_MS) {
        deployment.rest();
        this.#live.delete(deployment);
      }
    }
    this.#options.images.sweep();
  }

  /** Lets a deployment finish what it was given. */
  drain(deployment: Deployment): Promise<void> {
    return deployment.drain().finally(() => this.#gone(deployment));
  }

  end(deployment: Deployment, graceMs: number): Promise<void> {
    return deployment.end(graceMs).finally(() => this.#gone(deployment));
  }

  /** Calls in progress get the time they may take. */
  endSoon(deployment: Deployment): Promise<void> {
    return this.end(deployment, deployment.pool?.definition.timeoutMs ?? 0);
  }

  async #gone(deployment: Deployment): Promise<void> {
    this.#live.delete(deployment);
    const { code, config } = deployment.plan.facts;
    await this.#options.codes.release(code, config.code);
  }

  /** Ends all of them; nothing of them is forgotten. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([...this.#live].map((deployment) => deployment.end(graceMs)));
    this.#capacity.stop();
  }
}

/** What a bundle depends on beside the code: the handler's file, and the event's form. */
const bundleOf = (declared: DeclaredFunction): string =>
  `${declared.handler.slice(0, declared.handler.lastIndexOf('.'))} ${eventFormOf(declared)}`;
