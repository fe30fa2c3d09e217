/**
 * The V8 flags this process runs with. A code cache is valid only under the flags it was made with, so the process
 * that builds images gets the same. Flags set while the process runs cannot be read, and cost it its code caches.
 */

import { setFlagsFromString } from 'node:v8';

/**
 * Sets what every process with isolates of ours runs with, for good. Without loop unrolling, because V8 mistakes which loop it
 * may leave the check for interrupts out of (13.6 and 14.6, `LoopStackCheckElisionReducer`): around `new Array(1000)` an
 * endless loop loses its own, and no deadline or memory limit ends it any more. Without the checksum of snapshots,
 * because images carry their own hash, checked when they are loaded, and V8's would cost 1 ms per instance.
 */
export function setV8Flags(): void {
  setFlagsFromString('--no-turboshaft-loop-unrolling');
  setFlagsFromString('--no-verify-snapshot-checksum');
}

/** V8's own among the options that NODE_OPTIONS may hold; everything else it may hold is Node's. */
const V8_IN_NODE_OPTIONS =
  /^--(no-)?(disallow-code-generation-from-strings|expose-gc|huge-max-old-generation-size|interpreted-frames-native-stack|jitless|maglev|max-lazy|single-threaded|stack-trace-limit)\b/;
/** Node's, though NODE_OPTIONS may not hold them. */
const NODE_ONLY =
  /^--(build-snapshot|check|completion-bash|env-file|eval|expose[-_]internals|help|interactive|print|prof|run|security-revert|test|v8-options|version|watch)/;

/** Of `options`, those that decide about compiled code: V8's, written `--flag` or `--flag=value`. */
export function v8Flags(options: readonly string[]): string[] {
  const known = process.allowedNodeEnvironmentFlags;
  return options.filter((option) => {
    if (!option.startsWith('--') || NODE_ONLY.test(option)) return false;
    return V8_IN_NODE_OPTIONS.test(option) || !known.has(option.split('=')[0] as string);
  });
}

/** Those of this process, from its command line and from NODE_OPTIONS. */
export const ownV8Flags = (): string[] =>
  v8Flags([...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv]);
