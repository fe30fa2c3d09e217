/** Runs calls of other engines. */
import type { Msg, Subscription } from '@nats-io/transport-node';
import { type IsopodError, toIsopodError } from '../errors.ts';
import type { Call, CallSink } from '../instance/call.ts';
import { KIND_BINARY, KIND_UNDEFINED } from '../protocol/door.ts';
import type { Link } from './link.ts';
import { type AnswerHead, type CallHead, frame, piecesOf, type Refusal, type ResultFacts, unframe } from './wire.ts';

/** A call that runs here for another engine. */
export interface ServedCall {
  /** Its caller does not want it any more. */
  abandon(reason: unknown): void;
}

/** Begins a call; gives the reason when it cannot be begun. Throws what is wrong with it. */
export type Serve = (head: CallHead, text: string, sink: CallSink) => ServedCall | Refusal;

export interface ServerOptions {
  readonly link: Link;
  /** Begins the subjects of this engine. */
  readonly prefix: string;
  readonly isDraining: () => boolean;
  readonly serve: Serve;
  /** An operator asks for it. */
  readonly told: (command: 'drain' | 'join') => Promise<void>;
}

export class Server {
  readonly #options: ServerOptions;
  readonly #subscriptions: readonly Subscription[];
  /** By the subject of their answer. */
  readonly #running = new Map<string, ServedCall>();

  constructor(options: ServerOptions) {
    this.#options = options;
    const { link, prefix } = options;
    const on = (what: string, take: (message: Msg) => void): Subscription =>
      link.connection.subscribe(`${prefix}.${what}`, {
        callback: (error, message) => {
          if (error === null) take(message);
        },
      });
    this.#subscriptions = [
      on('call', (message) => this.#call(message)),
      on('cancel', (message) => this.#running.get(message.string())?.abandon(new Error('its caller gave it up'))),
      on('ping', (message) => void message.respond(this.#missing(message))),
      on('drain', (message) => void this.#command('drain', message)),
      on('join', (message) => void this.#command('join', message)),
    ];
  }

  #call({ data, reply }: Msg): void {
    if (reply === undefined) return;
    const { isDraining, serve } = this.#options;
    if (isDraining()) return this.#answer(reply, { is: 'refused', why: 'draining' });
    try {
      const { head, text } = unframe<CallHead>(data);
      const sink: CallSink = {
        succeeded: (call, kind, payload) => this.#ended(reply, call, { is: 'result', kind }, resultText(kind, payload)),
        failed: (call, error) => this.#ended(reply, call, { is: 'error', error: error.toJSON() }, ''),
      };
      const served = serve(head, text, sink);
      if (typeof served === 'string') this.#answer(reply, { is: 'refused', why: served });
      else this.#running.set(reply, served);
    } catch (error) {
      this.#answer(reply, { is: 'error', error: toIsopodError(error).toJSON(), ...NOTHING });
    }
  }

  /** Those of the calls somebody asks for that do not run here. */
  #missing(message: Msg): string {
    const { data, reply = '' } = message;
    if (data.byteLength === 0) return '';
    const inbox = reply.slice(0, reply.lastIndexOf('.') + 1);
    return JSON.stringify(message.json<number[]>().filter((no) => !this.#running.has(`${inbox}${no}`)));
  }

  #ended(
    reply: string,
    call: Call,
    answer: { is: 'result'; kind: number } | { is: 'error'; error: ReturnType<IsopodError['toJSON']> },
    text: string,
  ): void {
    // After `serve`, which may be over before it returns.
    queueMicrotask(() => this.#running.delete(reply));
    this.#answer(reply, { ...answer, ...factsOf(call) }, text);
  }

  #answer(reply: string, head: AnswerHead, text = ''): void {
    const { connection, mostBytes } = this.#options.link;
    if (connection.isClosed()) return;
    for (const piece of piecesOf(frame(head, text), mostBytes)) connection.publish(reply, piece);
  }

  async #command(command: 'drain' | 'join', message: Msg): Promise<void> {
    try {
      await this.#options.told(command);
      message.respond('{}');
    } catch (error) {
      message.respond(JSON.stringify({ error: toIsopodError(error).toJSON() }));
    }
  }

  /** Takes no more calls; those that run go on. */
  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }
}

const NOTHING: ResultFacts = { cpuMs: 0, instanceId: undefined, lane: undefined, heapUsedBytes: 0 };

function factsOf({ cpuMs, instance, stages, logs }: Call): ResultFacts {
  if (instance === undefined) return NOTHING;
  const heapUsedBytes = instance.heapUsedBytes();
  return { cpuMs, instanceId: instance.id, lane: instance.lane, heapUsedBytes, stages, logs };
}

function resultText(kind: number, payload: unknown): string {
  if (kind === KIND_UNDEFINED) return '';
  return kind === KIND_BINARY ? (payload as string) : JSON.stringify(payload);
}
