/** What can be told of how a version starts: its instances, its last cold starts and why they were, what is in its bundle. */
import { z } from 'zod';
import { moduleSizes } from '../code/module-sizes.ts';
import { parse } from '../function/declaration.ts';
import { advise, meanStages } from '../pool/advice.ts';
import type { FunctionInspection, InspectOptions } from '../types.ts';
import type { CodeStore } from './code-store.ts';
import { LATEST } from './deployed-function.ts';
import type { Deployer } from './deployer.ts';
import type { Functions } from './functions.ts';

const MODULES = 10;

const options = z.strictObject({
  qualifier: z.string().min(1).max(128).default(LATEST),
  last: z.number().int().min(1).max(50).default(10),
});

export class Inspections {
  readonly #functions: Functions;
  readonly #deployer: Deployer;
  readonly #codes: CodeStore;

  constructor(functions: Functions, deployer: Deployer, codes: CodeStore) {
    this.#functions = functions;
    this.#deployer = deployer;
    this.#codes = codes;
  }

  /** Of an alias its main version. Rejects with `FunctionNotFound`, `VersionNotFound` or `AliasNotFound`. */
  async of(functionName: string, given: InspectOptions = {}): Promise<FunctionInspection> {
    const { qualifier, last } = parse(options, given, 'inspectFunction');
    const entry = this.#functions.get(functionName);
    const deployment = entry.route(entry.aliases.get(qualifier)?.versionId ?? qualifier, '');
    const { versionId, declared, pool, experience } = deployment;
    const { code, image: declaredImage } = deployment.plan.facts;
    const image = pool?.definition.code.image.info ?? declaredImage;
    const { script, sourceMap } = await this.#codes.bundle(code);
    const modules = moduleSizes(script, sourceMap).slice(0, MODULES);
    const starts = experience?.coldStarts.last(last) ?? [];
    const staff = pool?.staff;
    const provisioned = staff?.provisionedCount ?? 0;
    const least = experience?.leastStartMs ?? Number.POSITIVE_INFINITY;
    return {
      functionName,
      versionId,
      lane: this.#deployer.laneOf(deployment),
      instances: {
        provisioned,
        onDemand: (staff?.servingCount ?? 0) - provisioned,
        spares: staff?.spareCount ?? 0,
      },
      start: {
        image,
        ...(Number.isFinite(least) && { quickestMs: least }),
        ...(experience !== undefined && { instanceBytes: experience.bytes }),
      },
      coldStarts: {
        count: experience?.coldStarts.count ?? 0,
        byReason: experience?.coldStarts.byReason ?? {},
        ...(starts.length > 0 && { meanStages: meanStages(starts) }),
        last: starts,
      },
      advice: advise({ ...declared, starts, provisioned, image, largest: modules[0] }),
      bundle: { bytes: code.size, modules },
    };
  }
}
