/**
 * What must differ between instances that start from one heap snapshot: random numbers, clocks, the environment.
 * While the module is evaluated for a snapshot these are watched; a module that reads one is not snapshotted.
 */
import { dateNow, mathRandom, NativeDate, reflectApply, reflectConstruct } from './intrinsics.ts';
import { state, touch } from './state.ts';

/** Puts the watching stand-ins in place. Code that keeps a reference to one goes on working after `endRecording`. */
export function beginRecording(): void {
  state.recording = true;
  Math.random = () => {
    touch('Math.random');
    return mathRandom();
  };
  const now = (): number => {
    touch('Date.now');
    return dateNow();
  };
  globalThis.Date = new Proxy(NativeDate, {
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
    construct: (target, args, newTarget) => {
      if (args.length === 0) touch('new Date()');
      return reflectConstruct(target, args, newTarget) as Date;
    },
    apply: (target) => {
      touch('Date()');
      return reflectApply(target, undefined, []);
    },
  });
}

export function endRecording(): void {
  state.recording = false;
  Math.random = mathRandom;
  globalThis.Date = NativeDate;
}
