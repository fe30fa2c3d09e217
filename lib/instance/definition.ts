/** A function as it runs: declaration with every default filled in, and where its code is, frozen. */

import { Grants } from '../binding/grant.ts';
import { mapStack } from '../code/stack.ts';
import { ERRORS, type ErrorCode, IsopodError } from '../errors.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { shortName } from '../function/name.ts';
import { environmentOf, styleOf } from '../function/runtimes.ts';
import { powersOf } from '../function/together.ts';
import type { Image, ImageSource } from '../image/image.ts';
import type { ObservedFunction } from '../observe/invocation-record.ts';
import type { Observers } from '../observe/observers.ts';
import type { OutboundOptions } from '../options.ts';
import { FunctionNetwork } from '../outbound/function-network.ts';
import { type BootFacts, type GuestError, requestIdOf } from '../protocol/door.ts';
import type { NearLimit } from '../types.ts';
import type { Call } from './call.ts';
import { CallWatcher } from './call-watcher.ts';
import { Conduct } from './conduct.ts';

/** Log characters kept of one crossing. */
export const MAX_LOG_CHARS = 65_536;
/** Host calls one instance may have waiting. */
const MAX_HOST_CALLS = 1_000;

/** Calls a function has to end to be taken for harmless. */
const CALLS_TO_PROVE = 64;

/** Code that was made ready. */
export interface ServedCode {
  /** SHA-256 of the bundled script. */
  readonly hash: string;
  /** Bytes of the bundled script. */
  readonly size: number;
  readonly packages: readonly string[];
  readonly warnings: readonly string[];
  readonly image: ImageSource;
  /** As JSON; asked for when a function fails. Empty when it is lost. */
  sourceMap(): string;
}

/** What making it ready took, for the first cold start's stages; milliseconds. */
export interface BuildTimes {
  readonly downloadCodeMs: number;
  readonly unzipMs: number;
  readonly bundleMs: number;
  readonly imageBuildMs: number;
}

/** What is the same for all functions of an engine. */
export interface EngineFacts {
  readonly requestPrefix: string;
  readonly maxPayloadBytes: number;
  readonly outbound: OutboundOptions;
  readonly warn: (message: string, facts: Record<string, unknown>) => void;
  readonly observers: Observers;
}

export class Definition {
  /** `LATEST`, or the number of a published version. */
  readonly versionId: string;
  readonly declared: DeclaredFunction;
  readonly code: ServedCode;
  readonly bootFacts: BootFacts;
  readonly grants: Grants;
  /** Undefined when none is granted. */
  readonly network: FunctionNetwork | undefined;
  /** Tells the host's owner of something a guest must not know. */
  readonly warn: (message: string, facts: Record<string, unknown>) => void;
  /** Milliseconds one call may take. */
  readonly timeoutMs: number;
  /** Milliseconds of processor time one call may take; 0 for no limit. */
  readonly cpuMs: number;
  readonly observers: Observers;
  readonly observed: ObservedFunction;
  readonly #watcher: CallWatcher = new CallWatcher(this);
  /** Told with the first cold start, then cleared: later starts do not wait for it. */
  buildTimes: BuildTimes | undefined;

  readonly conduct: Conduct;

  constructor(
    declared: DeclaredFunction,
    code: ServedCode,
    engine: EngineFacts,
    buildTimes: BuildTimes | undefined,
    versionId = 'LATEST',
    conduct = new Conduct(),
  ) {
    this.conduct = conduct;
    this.versionId = versionId;
    this.declared = declared;
    this.code = code;
    this.grants = new Grants(declared.bindings, engine.maxPayloadBytes);
    const { network } = declared;
    this.network =
      network === undefined ? undefined : new FunctionNetwork(declared.functionName, network, engine.outbound);
    this.warn = engine.warn;
    this.observers = engine.observers;
    this.observed = {
      functionName: declared.functionName,
      versionId,
      isolation: declared.isolation,
      startKind: code.image.info.kind,
      memorySize: declared.memorySize,
      requestPrefix: engine.requestPrefix,
    };
    this.timeoutMs = declared.timeout * 1_000;
    this.cpuMs = declared.cpuMs ?? 0;
    this.buildTimes = buildTimes;
    this.bootFacts = Object.freeze({
      requestPrefix: engine.requestPrefix,
      functionName: shortName(declared.functionName),
      versionId,
      handler: declared.handler,
      style: styleOf(declared.runtime),
      initializer: declared.initializer?.handler ?? '',
      preStop: declared.preStop?.handler ?? '',
      memorySize: declared.memorySize,
      timeout: declared.timeout,
      concurrency: declared.instanceConcurrency,
      env: { ...environmentOf(declared, versionId), ...this.network?.secrets.placeholders },
      bindings: Object.fromEntries(
        Object.entries(declared.bindings).map(([name, methods]) => [name, Object.keys(methods)]),
      ),
      bindingsPerCall: this.grants.described,
      powers: powersOf(declared),
      maxResultChars: engine.maxPayloadBytes,
      maxLogChars: MAX_LOG_CHARS,
      maxHostCalls: MAX_HOST_CALLS,
    });
  }

  /**
   * The function has not proved harmless: it is new, or a call of it ended its instance lately. Its events cross one by
   * one, and what others answered leaves the thread first, because a call that hangs holds all of that up.
   */
  get isUnproven(): boolean {
    return this.conduct.ended < CALLS_TO_PROVE;
  }

  noteEnded(calls: number): void {
    this.conduct.ended += calls;
  }

  noteLost(): void {
    this.conduct.ended = 0;
  }

  /** Little is left of a limit: counted, and told to the host's owner once a minute. */
  near(limit: NearLimit, used: number, allowed: number): void {
    const count = this.conduct.near(limit, performance.now());
    if (count === undefined) return;
    const { functionName } = this.declared;
    this.warn('A function is near one of its limits', { functionName, limit, used, allowed, count });
  }

  /** The image, from memory, from disk, or built again; and how many milliseconds that took. */
  async loadImage(): Promise<{ readonly image: Image; readonly ms: number }> {
    const began = performance.now();
    const { image: source } = this.code;
    const image = source.now() ?? (await source.get());
    return { image, ms: performance.now() - began };
  }

  #trace(call: Call): void {
    const { functionName, versionId, requestPrefix } = this.observed;
    const type = call.waitsUntimed ? 'async' : 'sync';
    const requestId = requestIdOf(requestPrefix, call.no);
    const started = { functionName, versionId, requestId, type, acceptedAt: call.acceptedAt } as const;
    call.trace = this.observers.begin(started, call.parent);
  }

  /** Has a record made of a call, while somebody observes the engine. */
  watch(call: Call): void {
    if (call.waitsUntimed) call.parent ??= this.observers.parentOf(this.observed.requestPrefix, call.no);
    if (call.parent !== undefined || this.observers.tracing !== undefined) this.#trace(call);
    if (!this.observers.on) return;
    call.watcher = this.#watcher;
    if (this.observers.detail) call.wantsUse = true;
  }

  /** What a guest told of a failure, as an error with its stack mapped back to the sources. */
  toError(told: unknown, requestId?: string): IsopodError {
    const facts = (typeof told === 'object' && told !== null ? told : {}) as Partial<GuestError>;
    const code =
      typeof facts.code === 'string' && Object.hasOwn(ERRORS, facts.code) ? (facts.code as ErrorCode) : 'InternalError';
    const message = typeof facts.message === 'string' ? facts.message : 'The function failed and told nothing';
    return new IsopodError(code, message, {
      ...(typeof facts.errorType === 'string' && { errorType: facts.errorType }),
      ...(typeof facts.stack === 'string' && { stackTrace: mapStack(facts.stack, this.code.sourceMap()) }),
      ...(requestId !== undefined && { requestId }),
    });
  }
}
