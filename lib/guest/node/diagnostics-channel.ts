/** `node:diagnostics_channel`. */
import { invalidArgType, needFunction } from './errors.ts';

type Name = string | symbol;
type Subscriber = (message: unknown, name: Name) => void;
type Run = (...args: unknown[]) => unknown;
interface Store {
  run(value: unknown, run: () => unknown): unknown;
}

const channels = new Map<Name, Channel>();

/** Tells of what a subscriber throws without disturbing who publishes. */
function report(error: unknown): void {
  (globalThis as unknown as { console: { error(...args: unknown[]): void } }).console.error('Uncaught', error);
}

export class Channel {
  readonly name: Name;
  #subscribers: Subscriber[] = [];
  readonly #stores = new Map<Store, ((message: unknown) => unknown) | undefined>();

  constructor(name: Name) {
    this.name = name;
  }
  get hasSubscribers(): boolean {
    return this.#subscribers.length + this.#stores.size > 0;
  }
  subscribe(subscriber: Subscriber): void {
    needFunction('subscription', subscriber);
    this.#subscribers = [...this.#subscribers, subscriber];
  }
  unsubscribe(subscriber: Subscriber): boolean {
    const at = this.#subscribers.indexOf(subscriber);
    if (at < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(at, 1);
    return true;
  }
  bindStore(store: Store, transform?: (message: unknown) => unknown): void {
    this.#stores.set(store, transform);
  }
  unbindStore(store: Store): boolean {
    return this.#stores.delete(store);
  }
  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (error) {
        report(error);
      }
    }
  }
  runStores(message: unknown, run: Run, self?: unknown, ...args: unknown[]): unknown {
    let next = (): unknown => {
      this.publish(message);
      return Reflect.apply(run, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = next;
      next = () => store.run(transform === undefined ? message : transform(message), inner);
    }
    return next();
  }
}

export function channel(name: Name): Channel {
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw invalidArgType('channel', 'one of type string or symbol', name);
  }
  let found = channels.get(name);
  if (found === undefined) {
    found = new Channel(name);
    channels.set(name, found);
  }
  return found;
}
export const hasSubscribers = (name: Name): boolean => channels.get(name)?.hasSubscribers === true;
export const subscribe = (name: Name, subscriber: Subscriber): void => channel(name).subscribe(subscriber);
export const unsubscribe = (name: Name, subscriber: Subscriber): boolean => channel(name).unsubscribe(subscriber);

const kinds = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
type Kind = (typeof kinds)[number];
type Context = Record<string, unknown>;

export class TracingChannel {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;

  constructor(of: string | Readonly<Record<Kind, Channel>>) {
    const made = (kind: Kind): Channel => (typeof of === 'string' ? channel(`tracing:${of}:${kind}`) : of[kind]);
    this.start = made('start');
    this.end = made('end');
    this.asyncStart = made('asyncStart');
    this.asyncEnd = made('asyncEnd');
    this.error = made('error');
  }
  get hasSubscribers(): boolean {
    return kinds.some((kind) => this[kind].hasSubscribers);
  }
  subscribe(handlers: Partial<Record<Kind, Subscriber>>): void {
    for (const kind of kinds) if (handlers[kind] !== undefined) this[kind].subscribe(handlers[kind]);
  }
  unsubscribe(handlers: Partial<Record<Kind, Subscriber>>): boolean {
    let all = true;
    for (const kind of kinds) if (handlers[kind] !== undefined) all = this[kind].unsubscribe(handlers[kind]) && all;
    return all;
  }
  traceSync(run: Run, context: Context = {}, self?: unknown, ...args: unknown[]): unknown {
    return this.start.runStores(context, () => {
      try {
        const result = Reflect.apply(run, self, args);
        context.result = result;
        return result;
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  tracePromise(run: Run, context: Context = {}, self?: unknown, ...args: unknown[]): unknown {
    const settled = (): void => {
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(run, self, args)).then(
          (result) => {
            context.result = result;
            settled();
            return result;
          },
          (error: unknown) => {
            context.error = error;
            this.error.publish(context);
            settled();
            throw error;
          },
        );
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  traceCallback(run: Run, position = -1, context: Context = {}, self?: unknown, ...args: unknown[]): unknown {
    const callback = args.at(position) as Run;
    needFunction('callback', callback);
    const wrapped = (...values: unknown[]): unknown => {
      const [error, result] = values;
      if (error) {
        context.error = error;
        this.error.publish(context);
      } else context.result = result;
      return this.asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback, undefined, values);
        } finally {
          this.asyncEnd.publish(context);
        }
      });
    };
    const given = args.with(position, wrapped);
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(run, self, given);
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

export const tracingChannel = (of: string | Readonly<Record<Kind, Channel>>): TracingChannel => new TracingChannel(of);
