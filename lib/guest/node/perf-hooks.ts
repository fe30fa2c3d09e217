/** `node:perf_hooks`. */
import { performance } from '../web/performance.ts';

type Run = (...args: unknown[]) => unknown;

export const constants: object = {
  NODE_PERFORMANCE_GC_MAJOR: 4,
  NODE_PERFORMANCE_GC_MINOR: 1,
  NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16,
};

Object.assign(performance, {
  timerify: (run: Run): Run => run,
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
});

/** There is nothing it could be told of. */
export class PerformanceObserver {
  static readonly supportedEntryTypes: readonly string[] = [];
  observe(): void {}
  disconnect(): void {}
  takeRecords(): unknown[] {
    return [];
  }
}

export const monitorEventLoopDelay = (): object => ({
  enable: () => true,
  disable: () => true,
  reset: () => undefined,
});
export { performance };
