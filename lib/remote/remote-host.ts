/**
 * A place that hosts instances elsewhere, seen from the calling thread: which instances it has, and the message of this
 * turn that all of them share. How a message gets there is the lane's part.
 */
import type { ErrorRecord, IsopodError } from '../errors.ts';
import type { Lane, NearLimit } from '../types.ts';
import {
  CPU_USED,
  type FarTask,
  FROM_FAR_ARGS,
  HEAP,
  HOST_CALL,
  LOGGED,
  LOST,
  NEAR_LIMIT,
  SETTLED,
  type StepReport,
} from './messages.ts';
import type { RemoteInstance } from './remote-instance.ts';

export abstract class RemoteHost {
  abstract readonly lane: Lane;
  protected readonly instances = new Map<number, RemoteInstance>();
  #outbox: unknown[] = [];
  #batches: RemoteInstance[] = [];
  #flushScheduled = false;
  readonly #flush = (): void => this.flush();

  /** Takes one step of an instance's life there; the place is made ready first. */
  abstract run(task: FarTask): Promise<StepReport | undefined>;
  /** Sends a message off. */
  protected abstract post(message: unknown[]): void;

  /** Watchdog number of the isolate the place is inside of right now; 0 for none, or when that cannot be seen. */
  runningIsolate(): number {
    return 0;
  }

  /** Calls open there. */
  get load(): number {
    let open = 0;
    for (const instance of this.instances.values()) open += instance.openCount;
    return open;
  }

  /** How little this place suits another instance of a function. */
  busier(functionName: string): number {
    let own = 0;
    for (const { definition } of this.instances.values()) if (definition.declared.functionName === functionName) own++;
    return own * 1_000_000 + this.load * 1_000 + this.instances.size;
  }

  add(instance: RemoteInstance): void {
    this.instances.set(instance.number, instance);
  }

  remove(instance: RemoteInstance): void {
    this.instances.delete(instance.number);
  }

  /** Puts a message with this turn's others. */
  send(...parts: unknown[]): void {
    for (const part of parts) this.#outbox.push(part);
    this.#scheduleFlush();
  }

  /** An instance has calls for this turn's message. */
  hasBatch(instance: RemoteInstance): void {
    this.#batches.push(instance);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  protected flush(): void {
    this.#flushScheduled = false;
    const outbox = this.#outbox;
    if (this.#batches.length > 0) {
      const now = performance.now();
      for (const instance of this.#batches) instance.flush(outbox, now);
      this.#batches = [];
    }
    this.#outbox = [];
    if (outbox.length > 0) this.post(outbox);
  }

  protected take(message: readonly unknown[]): void {
    let at = 0;
    while (at < message.length) {
      const op = message[at] as number;
      const instance = this.instances.get(message[at + 1] as number);
      if (instance !== undefined) this.#tell(instance, op, message, at + 2);
      at += 1 + (FROM_FAR_ARGS[op] ?? 1);
    }
  }

  #tell(instance: RemoteInstance, op: number, message: readonly unknown[], at: number): void {
    switch (op) {
      case SETTLED:
        return instance.takeSettled(message[at] as string, message[at + 1] as number);
      case LOGGED:
        return instance.takeLogs(message[at] as (number | string)[], message[at + 1] as number);
      case HOST_CALL:
        return instance.takeHostCall(
          message[at] as number,
          message[at + 1] as number,
          message[at + 2] as string,
          message[at + 3] as string,
          message[at + 4] as string,
        );
      case CPU_USED:
        return instance.takeCpu(message[at] as number);
      case NEAR_LIMIT:
        return instance.takeNear(message[at] as NearLimit, message[at + 1] as number, message[at + 2] as number);
      case HEAP:
        return instance.takeHeap(message[at] as number);
      case LOST:
        this.lost();
        if (message[at + 2] === 1) for (const other of this.instances.values()) if (other !== instance) other.renew();
        return instance.takeLost(message[at] as ErrorRecord, message[at + 1] as number);
    }
  }

  /** An instance there was ended at a limit. */
  protected lost(): void {}

  /** The place is gone, and every instance there. */
  protected lose(error: IsopodError): void {
    const instances = [...this.instances.values()];
    this.instances.clear();
    for (const instance of instances) instance.hostGone(error);
  }
}
