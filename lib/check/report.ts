/** What `checkFunction` tells: types alone, public. */
import type { NodeModuleTier } from '../code/node-modules.ts';
import type { Mention, Place } from '../code/survey.ts';
import type { ErrorRecord } from '../errors.ts';
import type { ImageInfo } from '../types.ts';

/** A place in the function's own code, or in a package's when `package` is there. Lines and columns count from 1. */
export type CodePlace = Place;

/** A place that mentions a global, and how. */
export interface MentionPlace extends CodePlace {
  /**
   * `plain`: fails where there is no such global. `tested`: by `typeof`. `property`: of `globalThis`, `self` or `global`,
   * undefined where there is no such global.
   */
  readonly mention: Mention;
}

/**
 * `language`: of JavaScript. `web`: web-standard. `node`: of Node.js. `missing`: an isolate does not have it, and `note`
 * says what to use instead.
 */
export type GlobalTier = 'language' | 'web' | 'node' | 'missing';

/** An npm package that is bundled in. */
export interface CheckedPackage {
  readonly name: string;
  readonly version: string;
  /** Where the function's own code imports it. */
  readonly places: readonly CodePlace[];
  /** Names of the packages that import it. */
  readonly dependants: readonly string[];
}

/** A module of Node.js the code imports. */
export interface CheckedModule {
  /** Without `node:`. */
  readonly name: string;
  readonly tier: NodeModuleTier;
  /** What is there and what is not; for a missing module, the alternative. */
  readonly note: string;
  readonly places: readonly CodePlace[];
}

/** A global the code uses. */
export interface CheckedGlobal {
  readonly name: string;
  readonly tier: GlobalTier;
  readonly note?: string;
  readonly places: readonly MentionPlace[];
}

/** An import that leads nowhere: no such file or package. */
export interface UnresolvedImport {
  /** As it is written. */
  readonly name: string;
  readonly places: readonly CodePlace[];
}

/**
 * What a finding is about: an import of a missing `module`, an `import` that leads nowhere, a missing `global`, the
 * `build` of the bundle, the `top-level` of the module, the `handler` or a hook, a `file` that is left out.
 */
export type FindingKind = 'module' | 'import' | 'global' | 'build' | 'top-level' | 'handler' | 'file';

export interface Finding {
  readonly kind: FindingKind;
  /** Of the module, import or global; else the code of the error. */
  readonly name: string;
  /** One sentence; for a failed build, with the places. */
  readonly message: string;
  readonly places: readonly CodePlace[];
}

/** How instances start. */
export interface CheckedStart extends ImageInfo {
  /** Milliseconds the quickest of some starts took: the isolate, and the module's top level where no snapshot holds it. */
  readonly startMs: number;
}

export interface CompatibilityReport {
  readonly functionName: string;
  readonly handler: string;
  /** Nothing needed is missing: `problems` is empty. */
  readonly compatible: boolean;
  /** What has to be mended before the function works. */
  readonly problems: readonly Finding[];
  /** What may fail at run time, or be guarded against. */
  readonly warnings: readonly Finding[];
  readonly packages: readonly CheckedPackage[];
  readonly modules: readonly CheckedModule[];
  readonly unresolved: readonly UnresolvedImport[];
  readonly globals: readonly CheckedGlobal[];
  /** Bytes of the bundle; absent when there is none. */
  readonly bundleBytes?: number;
  /** Absent when the function cannot start. */
  readonly start?: CheckedStart;
  /** Why it cannot be built or started; stack lines lead to the sources. */
  readonly error?: ErrorRecord;
}
