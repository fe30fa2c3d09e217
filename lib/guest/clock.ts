/** The clock guests see: the system's, or a coarser one where their function asks for it. */
import {
  dateNow,
  NativeDate,
  reflectApply,
  reflectConstruct,
  reflectDefineProperty,
  reflectDeleteProperty,
  reflectGetOwnPropertyDescriptor,
} from './intrinsics.ts';

/** Milliseconds; 0 for the system's own. */
let resolution = 0;

/** Milliseconds since the epoch, as guests see them. */
export function clockMs(): number {
  const now = dateNow();
  return resolution === 0 ? now : now - (now % resolution);
}

/** When something due at `ms` happens: never between two ticks of the guest's clock. */
export function tickAfter(ms: number): number {
  if (resolution === 0) return ms;
  const over = ms % resolution;
  return over === 0 ? ms : ms - over + resolution;
}

/** Before user code runs: it must not get hold of a finer clock. */
export function coarsen(resolutionMs: number): void {
  resolution = resolutionMs;
  const Coarse = new Proxy(NativeDate, {
    construct: (target, args, newTarget) =>
      reflectConstruct(target, args.length === 0 ? [clockMs()] : args, newTarget) as Date,
    apply: () => reflectApply(dateToString, new NativeDate(clockMs()), []),
  });
  const hidden = { writable: true, enumerable: false, configurable: true };
  reflectDefineProperty(NativeDate, 'now', { ...hidden, value: clockMs });
  reflectDefineProperty(NativeDate.prototype, 'constructor', { ...hidden, value: Coarse });
  reflectDefineProperty(globalThis, 'Date', { ...hidden, value: Coarse });
  // Where the language has it: its clock is finer than any.
  reflectDeleteProperty(globalThis, 'Temporal');
  coarsenFormats();
}

const dateToString = NativeDate.prototype.toString;
type Format = (this: unknown, date?: unknown) => unknown;

/** A format without a date formats the moment. */
function coarsenFormats(): void {
  const { prototype } = Intl.DateTimeFormat;
  const hidden = { writable: true, enumerable: false, configurable: true };
  const toParts = prototype.formatToParts as Format;
  reflectDefineProperty(prototype, 'formatToParts', {
    ...hidden,
    value: function formatToParts(this: unknown, date: unknown = clockMs()) {
      return reflectApply(toParts, this, [date]);
    },
  });
  const get = reflectGetOwnPropertyDescriptor(prototype, 'format')?.get as () => Format;
  reflectDefineProperty(prototype, 'format', {
    enumerable: false,
    configurable: true,
    get(this: unknown) {
      const format = reflectApply(get, this, []) as Format;
      return (date: unknown = clockMs()) => reflectApply(format, undefined, [date]);
    },
  });
}
