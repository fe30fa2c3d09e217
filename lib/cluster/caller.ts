/**
 * Calls of this engine that run on another one. A call is offered to one engine after the other until one takes it; from then on
 * it may have begun, and is never made again: if that engine is lost the caller is told so. One class because whatever ends a call
 * settles the same books.
 */
import { randomBytes } from 'node:crypto';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { Deployment } from '../deployment/deployment.ts';
import { IsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import { overTime } from '../instance/limits.ts';
import type { Pool } from '../pool/pool.ts';
import { KIND_VALUE } from '../protocol/door.ts';
import type { Link } from './link.ts';
import type { Members } from './members.ts';
import { type Candidate, routesFor } from './routing.ts';
import { markOf } from './warm-set.ts';
import { type AnswerHead, addPiece, type CallHead, fits, frame, unframe } from './wire.ts';

/** Milliseconds between two questions to engines that have calls of ours whether they are there. */
const PING_MS = 500;
/** Milliseconds an engine has beyond a call's time to say itself that it is over. */
const GRACE_MS = 500;
const NO_RESPONDERS = 503;

export interface CallerOptions {
  readonly link: Link;
  readonly members: Members;
  /** Begins the subjects of the cluster. */
  readonly prefix: string;
  /** Calls in progress here. */
  readonly open: () => number;
  readonly isDraining: () => boolean;
}

/** A call that was offered to an engine. */
interface Away {
  readonly call: Call;
  readonly pool: Pool;
  readonly message: Buffer;
  /** Engines to offer it to, next first. */
  readonly routes: string[];
  at: string;
  /** Whether it was there at the last ping already. */
  isOld: boolean;
  readonly pieces: Uint8Array[];
  readonly timer: NodeJS.Timeout;
  readonly watcher: Call['watcher'];
}

/** What calls of one version have in common, for as long as it stays as it is where that counts. */
export const routingKey = (functionName: string, versionId: string): string => `${functionName}@${versionId}`;

export const warmKey = (versionId: string, stamp: string): string => `${versionId} ${stamp}`;

export class Caller {
  readonly #options: CallerOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #away = new Map<number, Away>();
  /** Calls offered, by engine. */
  readonly #openAt = new Map<string, number>();
  #pinging: NodeJS.Timeout | undefined;

  constructor(options: CallerOptions) {
    const { link, prefix } = options;
    this.#options = options;
    this.#inbox = `${prefix}.answers.${randomBytes(9).toString('hex')}`;
    this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answered(message);
      },
    });
    link.onChange((isUp) => {
      if (!isUp)
        for (const away of [...this.#away.values()]) this.#lost(away, 'the connection to the cluster was lost');
    });
  }

  /** Takes a call no instance here can take at once; false when it is to stay. */
  take(deployment: Deployment, pool: Pool, call: Call): boolean {
    const { link, members } = this.#options;
    // Pieces of a result are taken one by one, which is for instances nearby.
    if (!link.isUp || call.stream !== undefined) return false;
    const others = [...members.others()];
    if (others.length === 0) return false;
    const { functionName } = pool.definition.declared;
    const { versionId, stamp } = deployment;
    const mark = markOf(warmKey(versionId, stamp));
    const candidates: Candidate[] = others.map(({ id, open, marks }) => ({
      id,
      open: open + (this.#openAt.get(id) ?? 0),
      isWarm: marks.has(mark),
    }));
    if (!this.#options.isDraining()) {
      candidates.push({ id: members.id, open: this.#options.open(), isWarm: false });
    }
    const routes = routesFor(routingKey(functionName, versionId), candidates);
    const [first] = routes;
    if (first === undefined || first === members.id) return false;
    const message = frame(this.#headOf(deployment, functionName, call), call.text);
    if (!fits(message, link.mostBytes)) return false;
    // It is recorded where it runs.
    const { watcher } = call;
    call.watcher = undefined;
    const leftMs = call.deadlineAt - performance.now() + GRACE_MS;
    const timer = setTimeout(() => this.#overdue(call.no), Math.max(0, Math.min(leftMs, 2 ** 31 - 1)));
    const away: Away = { call, pool, message, routes, at: '', isOld: false, pieces: [], timer, watcher };
    this.#away.set(call.no, away);
    this.#offer(away);
    return true;
  }

  #headOf({ versionId, stamp }: Deployment, functionName: string, call: Call): CallHead {
    return {
      functionName,
      versionId,
      stamp,
      no: call.no,
      leftMs: call.deadlineAt - performance.now(),
      binary: call.binary,
      qualifier: call.qualifier,
      logs: call.logs !== undefined,
      ...call.parent,
    };
  }

  /** Offers it to the next engine; what nobody else takes is this engine's. */
  #offer(away: Away): void {
    const { prefix, members, link } = this.#options;
    const next = away.routes.shift();
    if (next === undefined || next === members.id) {
      this.#settle(away);
      away.call.watcher = away.watcher;
      if (!away.call.done) away.pool.comeBack(away.call);
      return;
    }
    away.at = next;
    away.isOld = false;
    this.#openAt.set(next, (this.#openAt.get(next) ?? 0) + 1);
    link.connection.publish(`${prefix}.${next}.call`, away.message, { reply: `${this.#inbox}.${away.call.no}` });
    this.#pinging ??= setInterval(() => this.#ping(), PING_MS);
  }

  #left(at: string): void {
    const left = (this.#openAt.get(at) ?? 0) - 1;
    if (left > 0) this.#openAt.set(at, left);
    else this.#openAt.delete(at);
  }

  #settle(away: Away): void {
    clearTimeout(away.timer);
    this.#away.delete(away.call.no);
    if (this.#away.size > 0) return;
    clearInterval(this.#pinging);
    this.#pinging = undefined;
  }

  #answered(message: Msg): void {
    const name = message.subject.slice(this.#inbox.length + 1);
    const isNobody = message.headers?.code === NO_RESPONDERS && message.data.byteLength === 0;
    if (name.startsWith('ping-')) {
      const id = name.slice('ping-'.length);
      if (isNobody) this.#gone(id);
      else this.#missing(id, message.data.byteLength === 0 ? [] : message.json<number[]>());
      return;
    }
    const away = this.#away.get(Number(name));
    if (away === undefined) return;
    if (isNobody) {
      // Nobody was there to take it, so it has not begun.
      this.#options.members.lost(away.at);
      this.#left(away.at);
      this.#offer(away);
      return;
    }
    const whole = addPiece(away.pieces, message.data);
    if (whole === undefined) return;
    this.#left(away.at);
    const { head, text } = unframe<AnswerHead>(whole);
    if (head.is === 'refused') {
      away.pieces.length = 0;
      this.#offer(away);
    } else this.#ended(away, head, text);
  }

  #ended(away: Away, head: Exclude<AnswerHead, { is: 'refused' }>, text: string): void {
    const { call } = away;
    this.#settle(away);
    const { instanceId, lane, heapUsedBytes, stages, logs, cpuMs } = head;
    call.cpuMs = cpuMs;
    call.away = { node: away.at, instanceId, lane, heapUsedBytes };
    if (logs !== undefined) call.logs = [...logs];
    if (stages !== undefined) call.startedCold(stages, performance.now() - stages.handlerMs);
    if (head.is === 'error') call.fail(IsopodError.fromRecord(head.error));
    else call.succeed(head.kind, head.kind === KIND_VALUE ? JSON.parse(text) : text);
  }

  #overdue(no: number): void {
    const away = this.#away.get(no);
    if (away === undefined) return;
    this.#cancel(away);
    this.#settle(away);
    this.#left(away.at);
    away.call.watcher = away.watcher;
    away.call.fail(overTime(away.call.timeoutMs));
  }

  #cancel({ at, call }: Away): void {
    this.#options.link.connection.publish(`${this.#options.prefix}.${at}.cancel`, `${this.#inbox}.${call.no}`);
  }

  /**
   * Are they there that have calls of ours, and have they got those that take long? Calls whose caller has given up are ended
   * there.
   */
  #ping(): void {
    const { link, prefix } = this.#options;
    const old = new Map([...this.#openAt.keys()].map((id): [string, number[]] => [id, []]));
    for (const away of [...this.#away.values()]) {
      if (away.call.done) {
        this.#cancel(away);
        this.#settle(away);
        this.#left(away.at);
      } else if (away.isOld) old.get(away.at)?.push(away.call.no);
      else away.isOld = true;
    }
    for (const [id, calls] of old) {
      link.connection.publish(`${prefix}.${id}.ping`, JSON.stringify(calls), { reply: `${this.#inbox}.ping-${id}` });
    }
  }

  /** A server that was lost took the calls with it, or their answers: those would have come before this. */
  #missing(id: string, calls: readonly number[]): void {
    for (const no of calls) {
      const away = this.#away.get(no);
      if (away?.at === id) this.#lost(away, `the engine ${id} does not have it`);
    }
  }

  #gone(id: string): void {
    this.#options.members.lost(id);
    for (const away of [...this.#away.values()]) {
      if (away.at === id) this.#lost(away, `the engine ${id} is gone`);
    }
  }

  #lost(away: Away, why: string): void {
    this.#settle(away);
    this.#left(away.at);
    away.call.watcher = away.watcher;
    away.call.fail(
      new IsopodError('NodeLost', `The call was under way on another engine and ${why}; it may have been done`),
    );
  }

  close(): void {
    this.#subscription.unsubscribe();
    clearInterval(this.#pinging);
    for (const away of [...this.#away.values()]) this.#lost(away, 'this one was closed');
  }
}
