/** Time as deciders that wait for it see it: the real one, or a simulation's. */

export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** Calls `what` in so many milliseconds, unless the function returned is called before. Keeps no process alive. */
  later(ms: number, what: () => void): () => void;
  /** Calls `what` when the current step is over. */
  soon(what: () => void): void;
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  later(ms, what) {
    const timer = setTimeout(what, ms).unref();
    return () => clearTimeout(timer);
  },
  soon: (what) => void setImmediate(what),
};
