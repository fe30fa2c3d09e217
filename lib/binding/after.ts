/** Steps that may take time, in the same turn when they do not: what makes a synchronous call of a binding possible. */

export type Eventual<T> = T | PromiseLike<T>;

/** Throws what a getter of `then` throws. */
export function isLater<T>(value: Eventual<T>): value is PromiseLike<T> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { then?: unknown }).then === 'function';
}

/** `next` with the value, now or once it is there. What fails throws now and rejects later. */
export function after<T, R>(value: Eventual<T>, next: (value: T) => Eventual<R>): Eventual<R> {
  return isLater(value) ? Promise.resolve(value).then(next) : next(value);
}
