/** Table triggers: records of changes, in order; a batch is called again until the function is done with it. */
import { z } from 'zod';
import { IsopodError, toIsopodError } from '../../errors.ts';
import { backoffMs, pause } from '../backoff.ts';
import { checkConnection } from '../connections.ts';
import { isPoison } from '../delivery.ts';
import { sourceError } from '../source-error.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { checkTable, POSTGRES_PROTOCOLS, PostgresSource } from './postgres-source.ts';
import { cborEvent, jsonEvent, type StreamRecord } from './record.ts';
import type { ChangeSource } from './source.ts';
import { SqliteSource } from './sqlite-source.ts';

const config = z.strictObject({
  /** Function Compute's is `cbor`; `json` has the same keys and needs no decoder. */
  format: z.enum(['cbor', 'json']).default('cbor'),
});
export type TablestoreConfig = z.output<typeof config>;

const RESOURCE = /^instance\/([^/]+)\/table\/([^/]+)$/;
/** Milliseconds for which a source's word on its lag holds, and which `createTrigger` waits for a database. */
const LAG_MS = 1_000;
const FIRST_TRY_MS = 5_000;

const SAMPLE: readonly StreamRecord[] = [
  {
    Type: 'PutRow',
    Info: { Timestamp: 1_700_000_000_123_456 },
    PrimaryKey: [{ ColumnName: 'uid', Value: 42 }],
    Columns: [{ Type: 'Put', ColumnName: 'city', Value: 'Hangzhou', Timestamp: 1_700_000_000_123 }],
  },
];

export const tablestore: TriggerKind<TablestoreConfig> = {
  config,
  create: (context, checked) => new TableTrigger(context, checked),
  isSingle: () => true,
  sample: (_context, { format }) => (format === 'cbor' ? cborEvent(SAMPLE) : jsonEvent(SAMPLE)),
};

function sourceOf({ arn, services, triggerId }: TriggerContext): ChangeSource {
  const [, instance, table] = RESOURCE.exec(arn.resource) ?? [];
  if (instance === undefined || table === undefined) {
    throw new IsopodError(
      'InvalidArgument',
      'sourceArn of a tablestore trigger looks like acs:ots:{region}:{account}:instance/{instance}/table/{table}',
    );
  }
  const path = Object.hasOwn(services.options.databases, instance) ? services.options.databases[instance] : undefined;
  checkTable(table);
  if (path !== undefined) return new SqliteSource(path, table, triggerId);
  if (!Object.hasOwn(services.options.connections, instance)) {
    throw new IsopodError(
      'InvalidArgument',
      `There is no database "${instance}"; the engine's owner declares it in eventSources.databases (SQLite) or eventSources.connections (PostgreSQL)`,
    );
  }
  checkConnection(services, instance, POSTGRES_PROTOCOLS);
  return new PostgresSource(services, instance, table, triggerId);
}

class TableTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #source: ChangeSource;
  readonly #encode: (records: readonly StreamRecord[]) => unknown;
  #trouble: SourceStatus['trouble'];
  #loop: Promise<void> = Promise.resolve();
  #lag = 0;
  #lagAskedAt = 0;

  constructor(context: TriggerContext, { format }: TablestoreConfig) {
    this.#context = context;
    this.#source = sourceOf(context);
    this.#encode = format === 'cbor' ? cborEvent : jsonEvent;
  }

  async start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#loop = this.#run(tried.resolve);
    const timer = setTimeout(tried.resolve, FIRST_TRY_MS);
    await tried.promise;
    clearTimeout(timer);
  }

  async #run(tried: () => void): Promise<void> {
    const { delivery } = this.#context;
    const { signal } = delivery;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#source.run(
          (records) => this.#deliver(records),
          signal,
          () => {
            failures = 0;
            this.#trouble = undefined;
            tried();
          },
        );
      } catch (error) {
        if (signal.aborted) return;
        this.#trouble = delivery.failed(sourceError(error));
        tried();
        await pause(backoffMs(++failures, 100, 5_000), signal);
      }
    }
  }

  /** In halves where a batch is too large for an event; a record that is too large by itself is told and left out. */
  async #deliver(records: readonly StreamRecord[]): Promise<void> {
    const { delivery, log, functionName, triggerName } = this.#context;
    try {
      await delivery.callUntilDone(this.#encode(records));
    } catch (thrown) {
      const error = toIsopodError(thrown);
      if (!isPoison(error)) throw error;
      if (records.length > 1) {
        const half = records.length >> 1;
        await this.#deliver(records.slice(0, half));
        return this.#deliver(records.slice(half));
      }
      log.error('A record was left out', { functionName, triggerName, code: error.code, reason: error.message });
    }
  }

  async stop(): Promise<void> {
    await this.#loop;
  }

  forget(): Promise<void> {
    return this.#source.forget();
  }

  status(): SourceStatus {
    const now = Date.now();
    if (this.#source.lag !== undefined && now - this.#lagAskedAt > LAG_MS) {
      this.#lagAskedAt = now;
      this.#source.lag().then(
        (lag) => {
          this.#lag = lag;
        },
        () => undefined,
      );
    }
    return { lag: this.#lag, trouble: this.#trouble };
  }
}
