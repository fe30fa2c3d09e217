/** `MessageChannel` and `MessagePort` (HTML standard, 9.4) between parts of one instance. */
import { DOMException } from './dom-exception.ts';
import { MessageEvent } from './event-kinds.ts';
import { EventTarget, eventHandler } from './events.ts';
import { asInterface } from './idl.ts';
import { cloneWith, transferables } from './structured-clone.ts';

declare function setTimeout(run: () => void, ms: number): number;

const making = Symbol('made by the library');

interface Slots {
  other: MessagePort | undefined;
  started: boolean;
  detached: boolean;
  readonly queue: { readonly data: unknown; readonly ports: object[] }[];
}

let slotsOf: (port: MessagePort) => Slots;
let adopt: (port: MessagePort, slots: Slots) => void;

export class MessagePort extends EventTarget {
  #slots: Slots = { other: undefined, started: false, detached: false, queue: [] };

  static {
    slotsOf = (port) => port.#slots;
    adopt = (port, slots) => {
      port.#slots = slots;
    };
  }

  constructor(key?: unknown) {
    if (key !== making) throw new TypeError('Illegal constructor: MessagePort is made by MessageChannel');
    super();
  }

  postMessage(message: unknown, options?: Iterable<object> | { readonly transfer?: Iterable<object> }): void {
    if (arguments.length === 0) throw new TypeError('postMessage takes a message');
    const transfer = [...(isIterable(options) ? options : (options?.transfer ?? []))];
    if (transfer.includes(this)) throw new DOMException('A port cannot carry itself', 'DataCloneError');
    const { other, detached } = this.#slots;
    const { value, moved } = cloneWith(message, transfer);
    if (other === undefined || detached || transfer.includes(other)) return;
    slotsOf(other).queue.push({ data: value, ports: moved });
    if (slotsOf(other).started) deliverLater(other);
  }
  start(): void {
    if (this.#slots.started) return;
    this.#slots.started = true;
    for (const _message of this.#slots.queue) deliverLater(this);
  }
  close(): void {
    const { other } = this.#slots;
    this.#slots.detached = true;
    this.#slots.other = undefined;
    if (other !== undefined) slotsOf(other).other = undefined;
  }
}
asInterface(MessagePort, 'MessagePort');
eventHandler(MessagePort, 'message');
eventHandler(MessagePort, 'messageerror');
startWhenHandled();

/** Setting `onmessage` starts the port. */
function startWhenHandled(): void {
  const property = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage') as PropertyDescriptor;
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    ...property,
    set(this: MessagePort, value: unknown) {
      property.set?.call(this, value);
      this.start();
    },
  });
}

const isIterable = (value: unknown): value is Iterable<object> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

function deliverLater(port: MessagePort): void {
  setTimeout(() => {
    const { queue, detached } = slotsOf(port);
    const message = detached ? undefined : queue.shift();
    if (message !== undefined) port.dispatchEvent(new MessageEvent('message', message));
  }, 0);
}

/** A port that is transferred lives on in a new object. */
transferables.set(MessagePort as unknown as new () => object, (object) => {
  const port = object as MessagePort;
  const made = new MessagePort(making);
  const move = (): void => {
    const slots = slotsOf(port);
    adopt(made, { ...slots, started: false });
    if (slots.other !== undefined) slotsOf(slots.other).other = made;
    adopt(port, { other: undefined, started: false, detached: true, queue: [] });
  };
  return { made, move };
});

export class MessageChannel {
  readonly #port1 = new MessagePort(making);
  readonly #port2 = new MessagePort(making);

  constructor() {
    slotsOf(this.#port1).other = this.#port2;
    slotsOf(this.#port2).other = this.#port1;
  }
  get port1(): MessagePort {
    return this.#port1;
  }
  get port2(): MessagePort {
    return this.#port2;
  }
}
asInterface(MessageChannel, 'MessageChannel');
