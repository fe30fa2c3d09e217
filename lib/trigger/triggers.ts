/**
 * The triggers of an engine: documents in the catalog, and those that run. A trigger runs while its function is there. One
 * class, because what is kept and what runs change together, one change of a trigger at a time.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import type { EngineLogger } from '../options.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';
import { Turns } from '../store/turns.ts';
import type { TriggerChanges, TriggerConfig, TriggerInfo, TriggerStatus, TriggerType } from '../types.ts';
import type { Alarms } from './alarms.ts';
import { type Caller, Delivery } from './delivery.ts';
import { kindOf, TRIGGER_TYPES } from './kinds.ts';
import { Positions } from './positions.ts';
import type { Services } from './services.ts';
import { parseSourceArn, type Trigger, type TriggerContext, type TriggerKind } from './trigger.ts';

const KIND = 'trigger';
/** Function Compute's limit. */
const MAX_OF_FUNCTION = 50;
/** Milliseconds calls of a trigger that is changed or deleted may take to finish. */
const GRACE_MS = 5_000;

const name = z
  .string()
  .regex(/^[A-Za-z_][\w-]{0,127}$/, 'must be 1-128 letters, digits, _ or -, starting with a letter or _');
const changes = z.strictObject({
  triggerConfig: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  qualifier: z.string().min(1).max(128).optional(),
  sourceArn: z.string().max(1_024).optional(),
  invocationRole: z.string().max(1_024).optional(),
  description: z.string().max(256).optional(),
});
const config = changes.extend({ triggerName: name, triggerType: z.enum(TRIGGER_TYPES) });

/** What is kept of a trigger. */
type Kept = Omit<TriggerInfo, 'status'>;

interface Running {
  readonly trigger: Trigger;
  readonly delivery: Delivery;
  /** One engine of a cluster alone may run it at a time. */
  readonly isSingle: boolean;
}

/** A trigger in use. */
interface Known {
  kept: Kept;
  /** Undefined while its function is not there, or the configuration says that nothing is to happen. */
  running: Running | undefined;
  disabled: boolean;
  /** Why it could not be started. */
  trouble: TriggerStatus['lastError'];
}

export interface TriggersOptions {
  readonly catalog: Catalog;
  readonly caller: Caller;
  readonly alarms: Alarms;
  readonly services: Services;
  readonly log: EngineLogger;
  /** Throws `FunctionNotFound`, `VersionNotFound` or `AliasNotFound`. */
  readonly check: (functionName: string, qualifier: string) => void;
  readonly has: (functionName: string) => boolean;
  /** In a cluster; undefined: all are this engine's. */
  readonly leases: TriggerLeases | undefined;
}

/** Which of the triggers that one engine alone may run at a time are this engine's. */
export interface TriggerLeases {
  /** Resolves when it has been asked for; `changed` is told when it becomes this engine's later, and when it no longer is. */
  want(key: string, changed: () => void): Promise<void>;
  holds(key: string): boolean;
  giveUp(key: string): Promise<void>;
}

const keyOf = (functionName: string, triggerName: string): string => `${functionName}:${triggerName}`;
const notFound = (functionName: string, triggerName: string): IsopodError =>
  new IsopodError('TriggerNotFound', `${functionName} has no trigger "${triggerName}"`);

export class Triggers {
  readonly #options: TriggersOptions;
  readonly #changes: Changes<Kept>;
  readonly #known = new Map<string, Known>();
  readonly #turns = new Turns();
  #closed = false;
  #unwatch: (() => void) | undefined;

  constructor(options: TriggersOptions) {
    this.#options = options;
    this.#changes = new Changes(options.catalog, KIND);
  }

  /** Reads what is kept, and follows what others change. Triggers begin when their functions are declared. */
  async open(): Promise<void> {
    this.#unwatch = this.#options.catalog.watch<Kept>(KIND, '', ({ key }) => this.#follow(key));
    for await (const { key, value } of documents<Kept>(this.#options.catalog, KIND)) {
      this.#known.set(key, { kept: value, running: undefined, disabled: false, trouble: undefined });
    }
  }

  /** Somebody made, changed or deleted a trigger: this engine, which knows of it already, or another one. */
  #follow(key: string): void {
    const at = key.lastIndexOf(':');
    void this.#inTurn(key.slice(0, at), key.slice(at + 1), async () => {
      // As it is when its turn comes: this engine may have changed it once more.
      const value = (await this.#options.catalog.get<Kept>(KIND, key))?.value;
      const known = this.#known.get(key);
      if (JSON.stringify(known?.kept) === JSON.stringify(value)) return;
      if (known !== undefined) await stop(known);
      if (value === undefined) {
        this.#known.delete(key);
        await this.#options.leases?.giveUp(key);
        return;
      }
      this.#known.set(key, { kept: value, running: undefined, disabled: false, trouble: undefined });
      this.functionDeclared(value.functionName);
    }).catch(() => undefined);
  }

  async create(functionName: string, given: TriggerConfig): Promise<TriggerInfo> {
    const { triggerName, triggerType, triggerConfig, ...rest } = parse(config, given, 'createTrigger');
    const { qualifier = 'LATEST', description = '', sourceArn, invocationRole } = rest;
    this.#options.check(functionName, qualifier);
    return this.#inTurn(functionName, triggerName, async (key) => {
      if (this.#known.has(key)) {
        throw new IsopodError(
          'TriggerAlreadyExists',
          `${functionName} has a trigger "${triggerName}" already; use updateTrigger`,
        );
      }
      const count = this.#of(functionName).length;
      if (count >= MAX_OF_FUNCTION) {
        throw new IsopodError('LimitExceeded', `${functionName} has ${count} triggers, which is the most there may be`);
      }
      const now = new Date().toISOString();
      const kept: Kept = {
        functionName,
        triggerId: randomUUID(),
        triggerName,
        triggerType,
        triggerConfig: textOf(triggerConfig),
        qualifier,
        sourceArn,
        invocationRole,
        description,
        createdTime: now,
        lastModifiedTime: now,
      };
      const made = await this.#make(kept);
      await this.#options.catalog.put(KIND, key, kept, 0);
      return this.#begin(key, kept, made);
    });
  }

  get(functionName: string, triggerName: string): TriggerInfo {
    return infoOf(this.#find(functionName, triggerName));
  }

  /** By name. */
  list(functionName?: string): TriggerInfo[] {
    const all = functionName === undefined ? [...this.#known.values()] : this.#of(functionName);
    return all
      .map(infoOf)
      .sort((a, b) => (keyOf(a.functionName, a.triggerName) < keyOf(b.functionName, b.triggerName) ? -1 : 1));
  }

  /** Rejects with `ConcurrentUpdateError` when another engine has changed it meanwhile. */
  async update(functionName: string, triggerName: string, given: TriggerChanges): Promise<TriggerInfo> {
    const { triggerConfig, ...rest } = parse(changes, given, 'updateTrigger');
    this.#find(functionName, triggerName);
    return this.#inTurn(functionName, triggerName, async (key) => {
      const known = this.#find(functionName, triggerName);
      let made: Running | undefined;
      const kept = await this.#changes.make(key, async (before) => {
        if (before === undefined) throw notFound(functionName, triggerName);
        const next: Kept = {
          ...before,
          ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<Kept>),
          ...(triggerConfig !== undefined && { triggerConfig: textOf(triggerConfig) }),
          lastModifiedTime: new Date().toISOString(),
        };
        this.#options.check(functionName, next.qualifier);
        made = await this.#make(next);
        return next;
      });
      await stop(known);
      return this.#begin(key, kept, made);
    });
  }

  /** Its source is not read any more; how far it had come is forgotten. */
  async delete(functionName: string, triggerName: string): Promise<void> {
    this.#find(functionName, triggerName);
    await this.#inTurn(functionName, triggerName, async (key) => {
      const known = this.#find(functionName, triggerName);
      await this.#changes.remove(key);
      this.#known.delete(key);
      const trigger = known.running?.trigger ?? (await this.#makeQuietly(known.kept));
      await stop(known);
      await trigger?.forget?.();
      await new Positions(this.#options.catalog, key).forget();
      await this.#options.leases?.giveUp(key);
    });
  }

  /** An event as the trigger's source would make it. */
  async sample(functionName: string, triggerName: string): Promise<unknown> {
    const { kept } = this.#find(functionName, triggerName);
    const { kind, checked } = await checkedConfig(kept);
    return kind.sample(this.#context(kept), checked);
  }

  /** Delivers a sample event and waits for what the function makes of it. */
  async test(functionName: string, triggerName: string, event?: unknown): Promise<unknown> {
    const { kept } = this.#find(functionName, triggerName);
    const given = event === undefined ? await this.sample(functionName, triggerName) : event;
    return this.#options.caller.invoke(functionName, given, { qualifier: kept.qualifier });
  }

  /** A function is there now: its triggers begin. */
  functionDeclared(functionName: string): void {
    if (!this.#options.has(functionName)) return;
    for (const known of this.#of(functionName)) {
      const { triggerName } = known.kept;
      void this.#inTurn(functionName, triggerName, async (key) => {
        if (this.#known.get(key) !== known || known.running !== undefined) return;
        try {
          await this.#begin(key, known.kept, await this.#make(known.kept));
        } catch (error) {
          const delivery = new Delivery(this.#options.caller, functionName, known.kept.qualifier);
          known.trouble = delivery.failed(error);
          this.#options.log.error('A trigger could not be started', { functionName, triggerName, error });
        }
      }).catch(() => undefined);
    }
  }

  /** Throws `FunctionNotEmpty` when it has triggers. */
  assertNone(functionName: string): void {
    const [first] = this.#of(functionName);
    if (first === undefined) return;
    throw new IsopodError(
      'FunctionNotEmpty',
      `function '${functionName}' has active triggers ("${first.kept.triggerName}"); delete them first`,
    );
  }

  /** Calls in progress may finish for `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    await Promise.all(
      [...this.#known].map(([key, known]) =>
        this.#turns.take(key, () => stop(known, timeoutMs)).catch(() => undefined),
      ),
    );
    this.#options.alarms.close();
    await this.#options.services.close();
  }

  #inTurn<T>(functionName: string, triggerName: string, change: (key: string) => Promise<T>): Promise<T> {
    const key = keyOf(functionName, triggerName);
    return this.#turns.take(key, () => {
      if (this.#closed) throw new IsopodError('EngineClosed', 'The engine is closed');
      return change(key);
    });
  }

  #of(functionName: string): Known[] {
    return [...this.#known.values()].filter(({ kept }) => kept.functionName === functionName);
  }

  #find(functionName: string, triggerName: string): Known {
    const known = this.#known.get(keyOf(functionName, triggerName));
    if (known !== undefined) return known;
    if (!this.#options.has(functionName)) this.#options.check(functionName, 'LATEST');
    throw notFound(functionName, triggerName);
  }

  #context(kept: Kept): TriggerContext & { readonly delivery: Delivery } {
    const { caller, alarms, services, log, catalog } = this.#options;
    const { functionName, triggerName, triggerId, qualifier, sourceArn } = kept;
    return {
      functionName,
      triggerName,
      triggerId,
      arn: parseSourceArn(sourceArn),
      delivery: new Delivery(caller, functionName, qualifier),
      positions: new Positions(catalog, keyOf(functionName, triggerName)),
      alarms,
      services,
      log,
    };
  }

  /** One that does not run, to forget what was kept for it; undefined when it cannot be made any more. */
  async #makeQuietly(kept: Kept): Promise<Trigger | undefined> {
    try {
      const { kind, checked } = await checkedConfig(kept);
      return kind.create(this.#context(kept), checked);
    } catch {
      return undefined;
    }
  }

  /** Undefined where nothing is to happen. */
  async #make(kept: Kept): Promise<Running | undefined> {
    const { kind, checked } = await checkedConfig(kept);
    const context = this.#context(kept);
    const trigger = kind.create(context, checked);
    if (kind.enabled?.(checked) === false) return undefined;
    return { trigger, delivery: context.delivery, isSingle: kind.isSingle?.(context, checked) === true };
  }

  async #begin(key: string, kept: Kept, made: Running | undefined): Promise<TriggerInfo> {
    const known: Known = this.#known.get(key) ?? { kept, running: undefined, disabled: false, trouble: undefined };
    known.kept = kept;
    known.disabled = made === undefined;
    known.running = (await this.#mayRun(key, made)) ? made : undefined;
    known.trouble = undefined;
    this.#known.set(key, known);
    await known.running?.trigger.start();
    return infoOf(known);
  }

  async #mayRun(key: string, made: Running | undefined): Promise<boolean> {
    const { leases } = this.#options;
    if (leases === undefined || made?.isSingle !== true) return true;
    await leases.want(key, () => this.#leaseChanged(key));
    return leases.holds(key);
  }

  /** The trigger is this engine's to run, or no longer. */
  #leaseChanged(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    const { functionName, triggerName } = known.kept;
    if (this.#options.leases?.holds(key) === true) return this.functionDeclared(functionName);
    void this.#inTurn(functionName, triggerName, () => stop(known)).catch(() => undefined);
  }
}

async function stop(known: Known, graceMs = GRACE_MS): Promise<void> {
  const { running } = known;
  known.running = undefined;
  if (running === undefined) return;
  const end = running.delivery.stop(graceMs);
  try {
    await running.trigger.stop();
  } finally {
    end();
  }
}

async function checkedConfig(kept: Kept): Promise<{ kind: TriggerKind; checked: unknown }> {
  const kind = await kindOf(kept.triggerType as TriggerType);
  let value: unknown;
  try {
    value = JSON.parse(kept.triggerConfig);
  } catch (error) {
    throw new IsopodError('InvalidArgument', `triggerConfig is not JSON: ${(error as Error).message}`);
  }
  return { kind, checked: parse(kind.config, value, `triggerConfig of ${kept.triggerName} (${kept.triggerType})`) };
}

function textOf(given: string | object | undefined): string {
  if (typeof given === 'string') return given.trim() === '' ? '{}' : given;
  return JSON.stringify(given ?? {});
}

function infoOf({ kept, running, disabled, trouble }: Known): TriggerInfo {
  const facts = running?.delivery.facts;
  const source = running?.trigger.status();
  const lastError = source?.trouble ?? facts?.lastError ?? trouble;
  return {
    ...kept,
    status: {
      state: stateOf(running !== undefined, disabled, (source?.trouble ?? trouble) !== undefined, facts),
      events: facts?.events ?? 0,
      failures: facts?.failures ?? 0,
      lastEventTime: facts?.lastEventTime,
      lastError,
      lag: source?.lag,
      nextEventTime: source?.nextEventTime,
    },
  };
}

function stateOf(
  runs: boolean,
  disabled: boolean,
  trouble: boolean,
  facts: Delivery['facts'] | undefined,
): TriggerStatus['state'] {
  if (disabled) return 'disabled';
  if (trouble) return 'failing';
  if (!runs) return 'waiting';
  const { lastError, lastEventTime = '' } = facts as Delivery['facts'];
  return lastError !== undefined && lastError.time > lastEventTime ? 'failing' : 'running';
}
