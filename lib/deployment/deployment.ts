/**
 * What serves one function at one version: the declaration it was made from, its code as an image, and the instances.
 * Never changed: an update makes another one, and this one is drained.
 */
import type { Definition } from '../instance/definition.ts';
import type { Pool } from '../pool/pool.ts';
import type { FunctionConfig, FunctionInfo } from '../types.ts';

export class Deployment {
  /** As the user gave it. */
  readonly config: FunctionConfig;
  readonly definition: Definition;
  readonly pool: Pool;

  constructor(config: FunctionConfig, definition: Definition, pool: Pool) {
    this.config = config;
    this.definition = definition;
    this.pool = pool;
  }

  /** `LATEST`, or a version's number. */
  get versionId(): string {
    return this.definition.versionId;
  }

  get info(): FunctionInfo {
    return this.definition.info;
  }

  /** Ends once every call it was given has ended. */
  async drain(): Promise<void> {
    await this.pool.drained();
    await this.end(0);
  }

  /** Ends; calls in progress may finish for `graceMs`, those that wait fail. */
  async end(graceMs: number): Promise<void> {
    await this.pool.close(graceMs);
    await this.definition.network?.close();
  }
}
