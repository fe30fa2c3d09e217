/**
 * The requests of one instance: answers the operations `fetch` is made of, minds the limits, and ends what a call, or
 * the instance, left under way. Everything that comes in was written by a guest.
 */
import type { IsopodError } from '../errors.ts';
import { Exchange, type FetchAnswer, type FetchFacts } from './exchange.ts';
import { failed, limitExceeded } from './failures.ts';
import type { FunctionNetwork } from './function-network.ts';
import { requestHeaders } from './headers.ts';
import { denied } from './policy.ts';
import { Turns } from './turns.ts';
import { Uploads } from './uploads.ts';

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const NOT_METHODS = ['CONNECT', 'TRACE', 'TRACK'];

/** Follows the requests of a traced call. */
export interface RequestTrace {
  /** `headers` go with the request, unless the guest has set them itself. */
  request(
    method: string,
    url: URL,
  ): {
    readonly headers: [name: string, value: string][];
    ended(status: number | undefined, error: unknown): void;
  };
}

/** What the instance ran when it asked. */
export interface Asker {
  /** Number of the call that began last. */
  readonly no: number;
  /** No call, but a step of the instance's own life: module, initializer, preStop. */
  readonly isStep: boolean;
  /** Undefined when it is not known. */
  readonly requestId: string | undefined;
  /** The calls in progress, when any of them may have asked; undefined when it is known which call it was. */
  readonly among: ReadonlyMap<number, unknown> | undefined;
  /** When the call is traced. */
  readonly trace: RequestTrace | undefined;
}

interface Entry {
  readonly asker: Asker;
  readonly exchange: Exchange;
}

export class InstanceNetwork {
  readonly #network: FunctionNetwork;
  readonly #uploads: Uploads;
  readonly #turns: Turns;
  /** By the guest's number: requests under way, and bodies not read to their end. */
  readonly #entries = new Map<number, Entry>();
  /** Requests sent for call `#countedNo`, or for all calls in progress together. */
  #sent = 0;
  #countedNo: number | undefined = -1;
  #closed = false;

  constructor(network: FunctionNetwork) {
    this.#network = network;
    this.#uploads = new Uploads(network.limits);
    this.#turns = new Turns(network.limits.maxConcurrent);
  }

  /** One operation; resolves with a JSON value. */
  async call(operation: string, args: readonly unknown[], asker: Asker): Promise<unknown> {
    if (this.#closed) throw failed('The instance has ended');
    switch (operation) {
      case 'fetch':
        return this.#fetch(args[0], args[1], asker);
      case 'fetchSend':
        return this.#uploads.add(idOf(args[0]), args[1], asker);
      case 'fetchRead':
        return this.#read(idOf(args[0]));
      case 'fetchCancel':
        return this.#cancel(idOf(args[0]));
      default:
        throw failed(`There is no operation "${operation.slice(0, 40)}"`);
    }
  }

  async #fetch(
    given: unknown,
    body: unknown,
    asker: Asker,
  ): Promise<FetchAnswer | (FetchAnswer & { readonly body: number })> {
    const facts = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
    const id = idOf(facts.id);
    if (this.#entries.has(id)) throw failed(`There is a request ${id} already`);
    const bytes = this.#uploads.take(id, body);
    const turn = this.#turns.take();
    const exchange = new Exchange(this.#network, () => this.#entries.delete(id));
    this.#entries.set(id, { asker, exchange });
    let traced: ReturnType<RequestTrace['request']> | undefined;
    try {
      const wanted = factsOf(facts, bytes, asker.requestId);
      traced = asker.trace?.request(wanted.hop.method, wanted.hop.url);
      const answer = await exchange.start(withTrace(wanted, traced?.headers), turn.ready, () => this.#count(asker));
      traced?.ended(answer.status, undefined);
      if (!exchange.isDone) return { ...answer, body: id };
      this.#entries.delete(id);
      return answer;
    } catch (error) {
      exchange.end(error as IsopodError);
      traced?.ended(undefined, error);
      throw error;
    } finally {
      turn.release();
      this.#uploads.release(bytes);
    }
  }

  /**
   * Where several calls are in progress they have as many requests together as each may make. An ended one takes as many
   * as it may have made out of the count, so that calls that overlap without end do not use up what later ones have.
   */
  #count({ no, among }: Asker): void {
    const counted = among === undefined ? no : undefined;
    if (counted !== this.#countedNo) {
      this.#countedNo = counted;
      this.#sent = 0;
    }
    const { maxRequests } = this.#network.limits;
    if (this.#sent >= maxRequests * (among?.size ?? 1)) {
      throw limitExceeded(`A call may make ${maxRequests} requests, redirects included`, 'maxRequests');
    }
    this.#sent++;
  }

  async #read(id: number): Promise<string | null> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw failed('The body was cancelled, or its call or the time of the request is over');
    const chunk = await entry.exchange.read();
    if (entry.exchange.isDone) this.#entries.delete(id);
    return chunk;
  }

  #cancel(id: number): void {
    this.#uploads.drop(id);
    this.#entries.get(id)?.exchange.end(failed('The request was given up'));
  }

  /** One of several calls ended. */
  endOneOfSeveral(): void {
    if (this.#countedNo === undefined) this.#sent = Math.max(0, this.#sent - this.#network.limits.maxRequests);
  }

  /** A call ended: what it left under way ends too. `no` undefined: no call is in progress any more. */
  endCall(no: number | undefined): void {
    const isLeft = (asker: Asker): boolean => (no === undefined ? !asker.isStep : asker.no === no);
    this.#end(isLeft, 'The call that made the request has ended');
  }

  /** The instance ended. */
  close(): void {
    this.#closed = true;
    this.#end(() => true, 'The instance has ended');
  }

  #end(isLeft: (asker: Asker) => boolean, why: string): void {
    this.#uploads.dropOf(isLeft);
    for (const { asker, exchange } of this.#entries.values()) if (isLeft(asker)) exchange.end(failed(why));
  }
}

function withTrace(facts: FetchFacts, headers: readonly [string, string][] = []): FetchFacts {
  const { hop } = facts;
  if (headers.length === 0 || hop.headers.some(([name]) => name === 'traceparent')) return facts;
  return { ...facts, hop: { ...hop, headers: [...hop.headers, ...headers] } };
}

function idOf(id: unknown): number {
  if (!Number.isSafeInteger(id)) throw failed('A request must be numbered');
  return id as number;
}

function factsOf(
  { method, url, headers, redirect }: Record<string, unknown>,
  body: Uint8Array | undefined,
  requestId: string | undefined,
): FetchFacts {
  if (typeof method !== 'string' || !METHOD.test(method) || NOT_METHODS.includes(method.toUpperCase())) {
    throw denied('The method is not allowed');
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) throw denied(`A ${method} request has no body`);
  if (typeof url !== 'string' || !URL.canParse(url)) throw failed('The URL cannot be read');
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual')
    throw failed('There is no such redirect mode');
  return { hop: { method, url: new URL(url), headers: requestHeaders(headers), body }, redirect, requestId };
}
