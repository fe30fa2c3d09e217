/** The global object as the inspection library reads it when it loads: with the classes that an isolate takes away. */

class Absent {}

const absent = { Atomics: {}, FinalizationRegistry: Absent, WeakRef: Absent };

export const globals: object = Object.setPrototypeOf({ ...absent }, globalThis) as object;
