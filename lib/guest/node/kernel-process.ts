/** The kernel's `process`, for libraries that schedule with `nextTick` and need no more. */
export default (globalThis as unknown as { process: object }).process;
