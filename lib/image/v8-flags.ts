/**
 * The V8 flags this process runs with. A code cache is valid only under the flags it was made with, so the process
 * that builds images gets the same. Flags set while the process runs cannot be read, and cost it its code caches.
 */

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
