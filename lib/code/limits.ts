/** How large code may be. Beyond a limit nothing is read, unpacked or built further: `CodeTooLarge`. */
export interface CodeLimits {
  /** Bytes of a zip archive or of a download. */
  readonly packageBytes: number;
  /** Bytes of all files of an archive, unpacked. */
  readonly unpackedBytes: number;
  readonly files: number;
  /** Characters of a file name with its folders. */
  readonly pathLength: number;
  readonly depth: number;
  /** Characters of inline source text. */
  readonly sourceLength: number;
  /** Bytes of the bundled script. */
  readonly bundleBytes: number;
  /** Milliseconds a download may take. */
  readonly fetchMs: number;
}

/** Function Compute takes packages of 100 MB through its API and 500 MB unpacked. */
export const CODE_LIMITS: CodeLimits = Object.freeze({
  packageBytes: 100_000_000,
  unpackedBytes: 500_000_000,
  files: 20_000,
  pathLength: 1_024,
  depth: 64,
  sourceLength: 10_000_000,
  bundleBytes: 50_000_000,
  fetchMs: 30_000,
});
