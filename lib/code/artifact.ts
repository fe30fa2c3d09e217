/** An artifact: a function's code as one script, named by its content. */
export interface Artifact {
  /** SHA-256 of `script`. */
  readonly hash: string;
  /** An expression: a function (asynchronous when the module's top level is) that takes `__isopod_export`. */
  readonly script: string;
  /** Source map of `script` as JSON. */
  readonly sourceMap: string;
  readonly asyncTopLevel: boolean;
  /** npm packages inlined, `name@version`, sorted. */
  readonly packages: readonly string[];
  /** Modules of Node.js imported, without `node:`, sorted; those an isolate does not have among them. */
  readonly nodeModules: readonly string[];
  /** What may surprise at run time, e.g. a Node.js module a package asks for that isolates do not have. */
  readonly warnings: readonly string[];
  readonly stages: CodeStages;
}

/** Milliseconds each step took. */
export interface CodeStages {
  readonly codeLoadMs: number;
  readonly unzipMs: number;
  readonly bundleMs: number;
}
