/**
 * What serves one function at one version. Most functions are not called most of the time: then this is a text. Its pool
 * is made when a call comes and given up when it has had nothing in it for a while. A deployment never changes: an update
 * makes another one, and this one is drained.
 */
import { IsopodError } from '../errors.ts';
import { type DeclaredFunction, declare } from '../function/declaration.ts';
import type { BuildTimes } from '../instance/definition.ts';
import type { Experience } from '../pool/experience.ts';
import type { Pool } from '../pool/pool.ts';
import type { FunctionInfo } from '../types.ts';
import { functionInfo } from './function-info.ts';
import type { Plan } from './plan.ts';

export class Deployment {
  readonly plan: Plan;
  /** `LATEST`, or a version's number. */
  readonly versionId: string;
  /** As declared. */
  readonly minInstances: number;
  /** Undefined while nothing of it runs or waits. The hot path reads it. */
  pool: Pool | undefined = undefined;
  /** What making it ready took, for the stages of the first cold start; undefined once that was told. */
  buildTimes: BuildTimes | undefined;
  /** What was learned of the function; outlives its pools. Undefined before the first. */
  experience: Experience | undefined = undefined;
  readonly #make: (deployment: Deployment) => Pool;
  #ended = false;
  #stamp: string | undefined;

  constructor(plan: Plan, versionId: string, make: (deployment: Deployment) => Pool, buildTimes?: BuildTimes) {
    this.plan = plan;
    this.versionId = versionId;
    this.minInstances = versionId === 'LATEST' ? (plan.facts.config.minInstances ?? 0) : 0;
    this.#make = make;
    this.buildTimes = buildTimes;
  }

  /** It serves no more calls. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Its pool, made when there is none. Throws `JailUnavailable`. */
  open(): Pool {
    if (this.#ended) throw new IsopodError('EngineClosed', 'The engine is closed, or the function was deleted');
    this.pool ??= this.#make(this);
    return this.pool;
  }

  /** With every default filled in; made anew for each question, except while it runs. */
  get declared(): DeclaredFunction {
    return this.pool?.definition.declared ?? declaredBy(this.plan);
  }

  /** Names what it is, on every engine that has it. */
  get stamp(): string {
    this.#stamp ??= stampOf(this.plan);
    return this.#stamp;
  }

  get info(): FunctionInfo {
    return functionInfo(this.declared, this.plan.facts, this.versionId);
  }

  /** Gives up a pool that holds nothing. */
  rest(): void {
    const { pool } = this;
    this.pool = undefined;
    pool?.rest();
    void pool?.definition.network?.close();
  }

  /** Ends once every call it was given has ended. */
  async drain(): Promise<void> {
    await this.pool?.drained();
    await this.end(0);
  }

  /** Ends; calls in progress may finish for `graceMs`, those that wait fail. */
  async end(graceMs: number): Promise<void> {
    this.#ended = true;
    const { pool } = this;
    await pool?.close(graceMs);
    await pool?.definition.network?.close();
  }
}

/** Two states of a function differ in their code or in when they were made. */
function stampOf({ facts }: Plan): string {
  const { code, config, lastModifiedTime } = facts;
  return `${config.functionName} ${code.hash.slice(0, 16)} ${Date.parse(lastModifiedTime).toString(36)}`;
}

/** The declaration of a plan; its code is told by the plan. */
export function declaredBy(plan: Plan): DeclaredFunction {
  return declare({ ...plan.facts.config, code: { source: '' } });
}
