/**
 * One `fetch` of a guest, from its first hop to the last byte of its body. Ends by itself, by `end`, or when its time is
 * up; whatever is under way then is aborted.
 */
import type { Readable } from 'node:stream';
import { IsopodError } from '../errors.ts';
import type { OutboundRequest, OutboundResponse } from '../types.ts';
import { failed, limitExceeded, networkError } from './failures.ts';
import type { FunctionNetwork } from './function-network.ts';
import { checkedHeaders, type HeaderPairs, requestHeaders, responseHeaders } from './headers.ts';
import { type Hop, isBodyless, MAX_REDIRECTS, nextHop } from './redirects.ts';
import { ResponseBody } from './response-body.ts';

export interface FetchFacts {
  readonly hop: Hop;
  readonly redirect: 'follow' | 'error' | 'manual';
  readonly requestId: string | undefined;
}

/** What the guest is told; bodies are text with one character per byte. */
export interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: HeaderPairs;
  /** The beginning of the body; absent when there is none. */
  readonly chunk?: string;
}

export class Exchange {
  readonly #network: FunctionNetwork;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #ended: () => void;
  /** Of every answer that came; an interceptor may have left some unread. */
  readonly #received: Readable[] = [];
  #body: ResponseBody | undefined;
  /** Ends the step that is under way. */
  #stop: ((reason: IsopodError) => void) | undefined;
  #origin = '';
  #reading = false;
  #over = false;

  /** `ended`: called when it was given up. */
  constructor(network: FunctionNetwork, ended: () => void) {
    this.#network = network;
    this.#ended = ended;
    const { timeoutMs } = network.limits;
    this.#timer = setTimeout(() => {
      this.end(limitExceeded(`The request to ${this.#origin} took longer than ${timeoutMs} ms`, 'timeoutMs'));
    }, timeoutMs);
    this.#timer.unref();
  }

  /** There is nothing more to come, and nothing more to read. */
  get isDone(): boolean {
    return this.#over && (this.#body?.isRead ?? true);
  }

  /**
   * Begins when `ready` resolves. Rejects with a coded error, with the reason when the exchange is ended meanwhile.
   * `count` is called for every hop; it throws when the function may make no more.
   */
  async start(facts: FetchFacts, ready: Promise<void>, count: () => void): Promise<FetchAnswer> {
    const { hop: first, redirect, requestId } = facts;
    this.#origin = first.url.origin;
    try {
      await this.#unlessEnded(ready);
      let hop = first;
      for (let hops = 0; ; hops++) {
        this.#network.policy.checkUrl(hop.url);
        count();
        const response = await this.#unlessEnded(this.#send(hop, requestId));
        const headers = headersOf(response);
        const next = redirect === 'manual' ? undefined : nextHop(hop, response.status, headers);
        if (next === undefined) return await this.#answer(hop, response, headers, hops > 0);
        ResponseBody.discard(response.body);
        if (redirect === 'error') throw failed(`${hop.url.origin} redirects, which the request does not allow`);
        if (hops === MAX_REDIRECTS) throw failed(`${first.url.origin} redirects more than ${MAX_REDIRECTS} times`);
        hop = next;
        this.#origin = hop.url.origin;
      }
    } catch (error) {
      const coded = networkError(error, this.#origin);
      this.end(coded);
      throw coded;
    }
  }

  /** By way of the embedding program's interceptor, when there is one. */
  async #send(hop: Hop, requestId: string | undefined): Promise<OutboundResponse> {
    const { intercept, functionName } = this.#network;
    if (intercept === undefined) return this.#transmit(hop);
    const { method, headers, body } = hop;
    const { signal } = this.#controller;
    const request = { functionName, requestId, method, url: hop.url.href, headers, body, signal };
    try {
      const response = await intercept(request, (changed) => this.#transmit(checkedHop(changed ?? request)));
      if (!Number.isInteger(response.status) || response.status < 200 || response.status > 999) {
        throw new Error(`it gave the status ${response.status}`);
      }
      if (signal.aborted) ResponseBody.discard(response.body);
      return response;
    } catch (error) {
      if (error instanceof IsopodError) throw error;
      throw failed(`The interceptor failed: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  /** Checks again, because an interceptor may have changed the request. */
  async #transmit(hop: Hop): Promise<OutboundResponse> {
    const { signal } = this.#controller;
    try {
      if (this.#over) throw failed('The request is over');
      this.#network.policy.checkUrl(hop.url);
      const headers = this.#network.secrets.fill(hop.headers, hop.url);
      const transport = await this.#network.transport();
      signal.throwIfAborted();
      const answer = await transport.send({ ...hop, headers }, signal);
      this.#received.push(answer.body);
      if (this.#over) answer.body.destroy();
      return answer;
    } catch (error) {
      throw networkError(signal.aborted ? signal.reason : error, hop.url.origin);
    }
  }

  async #answer(hop: Hop, response: OutboundResponse, headers: HeaderPairs, redirected: boolean): Promise<FetchAnswer> {
    const url = new URL(hop.url);
    url.hash = '';
    const { status, statusText = '', body } = response;
    const answer = { status, statusText, url: url.href, redirected, headers: responseHeaders(headers) };
    if (isBodyless(hop.method, status) || body === undefined || body === null) {
      ResponseBody.discard(body);
      this.#finish();
      return answer;
    }
    this.#body = new ResponseBody(body, this.#network.limits.maxResponseBytes, this.#origin);
    const chunk = await this.#unlessEnded(this.#body.beginning());
    if (this.#body.isEnded) this.#finish();
    return { ...answer, chunk };
  }

  /** The next chunk; null at the end. Rejects with the reason when the exchange has been ended. */
  async read(): Promise<string | null> {
    if (this.#reading || this.#body === undefined) throw failed('The body is being read already');
    this.#reading = true;
    try {
      const chunk = await this.#unlessEnded(this.#body.read());
      if (this.#body.isEnded) this.#finish();
      return chunk;
    } catch (error) {
      const coded = networkError(error, this.#origin);
      this.end(coded);
      throw coded;
    } finally {
      this.#reading = false;
    }
  }

  #unlessEnded<T>(step: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stop = reject;
      step.then(resolve, reject);
      if (this.#controller.signal.aborted) reject(this.#controller.signal.reason);
    });
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const body of this.#received) if (!body.readableEnded) body.destroy();
  }

  /** Gives up whatever is under way, and what was received and not read. */
  end(reason: IsopodError): void {
    if (this.isDone) return;
    this.#finish();
    this.#controller.abort(reason);
    this.#body?.destroy();
    this.#stop?.(reason);
    this.#ended();
  }
}

/** An interceptor's request, checked as the guest's was. */
function checkedHop({ method, url, headers, body }: OutboundRequest): Hop {
  return { method, url: new URL(url), headers: requestHeaders(headers), body };
}

function headersOf({ headers }: OutboundResponse): HeaderPairs {
  try {
    return checkedHeaders([...(headers ?? [])]);
  } catch (error) {
    throw failed(`The answer cannot be used: ${(error as Error).message}`);
  }
}
