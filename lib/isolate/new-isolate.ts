/** Isolates for guests, with V8 flags of their own. */
import { setFlagsFromString } from 'node:v8';
import ivm from 'isolated-vm';

/** How a flag is set while an isolate is made, and how it is everywhere else. */
export type FlagFor = readonly [meanwhile: string, otherwise: string];

/**
 * V8 compiles what is hot on the thread that runs it. Otherwise it would do so beside it and hand the code in with an interrupt,
 * which is lost when it comes between two calls, because isolated-vm leaves the isolate after each; the function, whose code
 * V8 takes for being under way, would stay as slow as it was for good.
 */
const COMPILING: FlagFor = ['--no-concurrent-recompilation', '--concurrent-recompilation'];

/** V8 takes its flags from the process. They are set back at once: code caches are refused where flags differ. */
export function newIsolate(options: ivm.IsolateOptions, flags: readonly FlagFor[] = []): ivm.Isolate {
  const all = [COMPILING, ...flags];
  for (const [meanwhile] of all) setFlagsFromString(meanwhile);
  try {
    return new ivm.Isolate(options);
  } finally {
    for (const [, otherwise] of all) setFlagsFromString(otherwise);
  }
}
