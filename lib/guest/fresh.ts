/**
 * What must differ between instances that start from one heap snapshot: random numbers, clocks, the environment; and
 * what a snapshot cannot hold. The image builder evaluates a module once with these watched; a module that reads one
 * is not snapshotted. Instances never carry the stand-ins.
 */
import {
  dateNow,
  mathRandom,
  NativeDate,
  reflectApply,
  reflectConstruct,
  reflectDefineProperty,
} from './intrinsics.ts';
import { state, touch } from './state.ts';

/** Puts the watching stand-ins in place. */
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
  const { WebAssembly } = globalThis as { WebAssembly?: object };
  if (WebAssembly === undefined) return;
  const watched = new Proxy(WebAssembly, {
    get: (target, key, receiver) => {
      touch('WebAssembly');
      return Reflect.get(target, key, receiver);
    },
  });
  reflectDefineProperty(globalThis, 'WebAssembly', { value: watched, configurable: true, writable: true });
}

export function endRecording(): void {
  state.recording = false;
  // The module may have frozen either: then the stand-ins stay, in an isolate that is thrown away.
  reflectDefineProperty(Math, 'random', { value: mathRandom });
  reflectDefineProperty(globalThis, 'Date', { value: NativeDate });
}
