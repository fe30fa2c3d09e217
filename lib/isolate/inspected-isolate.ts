/**
 * An isolate a debugger may stop. Its crossings run on a thread of isolated-vm's own, one after the other, so that this thread
 * goes on and carries the debugger's messages. Nothing limits it: who looks at a breakpoint takes his time.
 */
import type ivm from 'isolated-vm';
import type { Image } from '../image/image.ts';
import type { InspectSession } from '../inspect-options.ts';
import { type BootFacts, OP_BOOT, OP_LAST } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';
import { IsolateInstance, type IsolateListener } from './isolate-instance.ts';
import { newIsolate } from './new-isolate.ts';
import {
  type BootArguments,
  bootArguments,
  crossing,
  type Door,
  openDoor,
  type Restored,
  wholeReplyLater,
} from './restore.ts';

/**
 * isolated-vm does not hear a message that comes while an isolate is about to stop; the next one makes it look at both. So
 * while something is not answered this is asked every few milliseconds.
 */
const NUDGE_MS = 25;
const NUDGE_ID = 2_147_483_647;
const NUDGE = JSON.stringify({ id: NUDGE_ID, method: 'Runtime.getIsolateId' });

export class InspectedIsolate extends IsolateInstance {
  readonly #host: IsolateHost;
  readonly #sourceMap: () => string;
  /** With what nudges each. */
  readonly #sessions = new Map<ivm.InspectorSession, NodeJS.Timeout>();
  #isolate: ivm.Isolate | undefined;
  #turn = Promise.resolve();
  #heapBytes = 0;

  /** `sourceMap`: of the function's script, as JSON text. */
  constructor(host: IsolateHost, listener: IsolateListener, sourceMap: () => string) {
    super(host, Number.MAX_SAFE_INTEGER, 0, listener);
    this.#host = host;
    this.#sourceMap = sourceMap;
  }

  protected override make(image: Image, memoryMB: number): Restored {
    const isolate = newIsolate({
      memoryLimit: memoryMB,
      snapshot: this.#host.baseOf(image),
      inspector: true,
    });
    this.#isolate = isolate;
    return { isolate, context: isolate.createContextSync({ inspector: true }) };
  }

  /** With the map of its sources, so that the debugger shows them. */
  protected override open(image: Image, restored: Restored): Door {
    const map = Buffer.from(this.#sourceMap()).toString('base64');
    const script = `${image.script}\n//# sourceMappingURL=data:application/json;base64,${map}`;
    return openDoor(this.#host, { ...image, kind: 'plain', script }, restored);
  }

  override boot(_image: Image, facts: BootFacts, no: number): void {
    const text = JSON.stringify(facts);
    this.#turn = this.#turn.then(() => this.#cross(text, no, OP_BOOT, bootArguments(this.#host)));
  }

  protected override pass(text: string, no: number, op: number): void {
    this.#turn = this.#turn.then(() => this.#cross(text, no, op));
  }

  async #cross(text: string, no: number, op: number, more: BootArguments | readonly [] = []): Promise<void> {
    const { door } = this;
    if (door === undefined) return;
    let reply: unknown;
    try {
      reply = await wholeReplyLater(door, await door.apply(undefined, [crossing(text), no, op, ...more]));
    } catch (error) {
      // An unhandled rejection took the place of the reply, which the guest still has.
      reply = await door
        .apply(undefined, [crossing(String(error)), 0, OP_LAST])
        .then((again) => wholeReplyLater(door, again))
        .catch(() => '');
      if (reply === '') return this.lose(error);
    }
    await this.#weigh();
    if (!this.isDisposed) this.absorb(reply as string);
  }

  async #weigh(): Promise<void> {
    const heap = await this.#isolate?.getHeapStatistics().catch(() => undefined);
    if (heap !== undefined) this.#heapBytes = heap.used_heap_size;
  }

  /** As last measured: an isolate that stands at a breakpoint does not answer. */
  override heapUsedBytes(): number {
    return this.#heapBytes;
  }

  connect(send: (message: string) => void): InspectSession {
    if (this.#isolate === undefined || this.isDisposed) throw new Error('The isolate is gone');
    const session = this.#isolate.createInspectorSession();
    let unanswered = 0;
    const nudge = (): void => {
      if (unanswered > 0) session.dispatchProtocolMessage(NUDGE);
    };
    this.#sessions.set(session, setInterval(nudge, NUDGE_MS).unref());
    session.onResponse = (id, message) => {
      if (id === NUDGE_ID) return;
      unanswered--;
      send(message);
    };
    session.onNotification = send;
    return {
      dispatch: (message) => {
        if (!this.#sessions.has(session)) return;
        unanswered++;
        session.dispatchProtocolMessage(message);
      },
      close: () => this.#end(session),
    };
  }

  /** A guest that stands at a breakpoint goes on. */
  #end(session: ivm.InspectorSession): void {
    clearInterval(this.#sessions.get(session));
    if (this.#sessions.delete(session)) session.dispose();
  }

  override dispose(): void {
    for (const session of this.#sessions.keys()) this.#end(session);
    super.dispose();
  }
}
