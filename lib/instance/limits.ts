/** What is said when a limit of a function ends its code: which one, its value, and how to raise it. */
import { IsopodError } from '../errors.ts';
import type { NearLimit } from '../types.ts';

/** What can take too long, and where its limit is set. */
const TIMED = {
  call: ['The call', 'raise timeout, at most 86400 s'],
  wait: ['The call waited for an instance', 'raise timeout, maxInstances or instanceConcurrency'],
  module: ['The top level of the module', 'load less, or load it in the initializer'],
  initializer: ['The initializer', 'raise instanceLifecycleConfig.initializer.timeout, at most 300 s'],
  preStop: ['The preStop hook', 'raise instanceLifecycleConfig.preStop.timeout, at most 90 s'],
} as const;

export type Timed = keyof typeof TIMED;

export function overTime(limitMs: number, timed: Timed = 'call'): IsopodError {
  const [what, remedy] = TIMED[timed];
  const took = timed === 'wait' ? 'longer than' : 'took longer than';
  const seconds = Math.round(limitMs) / 1_000;
  return new IsopodError('FunctionTimeout', `${what} ${took} the ${seconds} s it is allowed; ${remedy}`);
}

export function overMemory(memoryMB: number): IsopodError {
  return new IsopodError(
    'FunctionOutOfMemory',
    `The instance used more memory than its memorySize of ${memoryMB} MB; raise memorySize, at most 4096 MB`,
  );
}

/** The message of a call that used more processor time than its function's `cpuMs`. */
export function overCpu(cpuMs: number): IsopodError {
  return new IsopodError(
    'FunctionCpuExceeded',
    `The call used more than the ${cpuMs} ms of processor time it is allowed; raise cpuMs, or do less in a call`,
  );
}

/** What there can be little left of. */
export const NEAR_LIMITS: readonly NearLimit[] = ['memory', 'cpu', 'time', 'logs', 'host calls', 'timers'];

/** The part of a limit above which its owner is warned. */
export const NEAR = 0.8;
