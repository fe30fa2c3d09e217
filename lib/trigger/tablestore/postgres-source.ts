/**
 * Changes of a table in PostgreSQL, by logical replication: a publication with the table, and a slot that is the trigger's
 * position. What the function is done with is confirmed to the server; the rest comes again. One class: what is read, what
 * is delivered and what is confirmed are one thing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pgoutput } from 'pg-logical-replication';
import { IsopodError } from '../../errors.ts';
import { connectionOf } from '../connections.ts';
import { optionalPackage } from '../optional-package.ts';
import type { Services } from '../services.ts';
import { changedColumns, Double, putColumns, type StreamRecord, type Value } from './record.ts';
import { BATCH, type ChangeSource } from './source.ts';

export const POSTGRES_PROTOCOLS = ['postgres', 'postgresql'] as const;
/** Records read and not delivered; the server is read no further. */
const MOST_WAITING = 1_000;
/** Milliseconds between two confirmations, so that the server knows we are there. */
const CONFIRM_MS = 3_000;

type Row = ReadonlyMap<string, Value | null>;

interface Read {
  readonly record: StreamRecord | undefined;
  /** Where the transaction ends, on its last item. */
  readonly lsn: string | undefined;
}

export class PostgresSource implements ChangeSource {
  readonly #services: Services;
  readonly #instance: string;
  readonly #schema: string;
  readonly #table: string;
  readonly #slot: string;
  #waiting = 0;

  /** `table`: may have a schema before a dot. */
  constructor(services: Services, instance: string, table: string, triggerId: string) {
    this.#services = services;
    this.#instance = instance;
    const dot = table.indexOf('.');
    this.#schema = dot < 0 ? 'public' : table.slice(0, dot);
    this.#table = table.slice(dot + 1);
    this.#slot = `isopod_${triggerId.replaceAll('-', '')}`;
  }

  async #clientConfig(): Promise<{ connectionString: string; user?: string; password?: string }> {
    const { url, username, password } = await connectionOf(this.#services, this.#instance, POSTGRES_PROTOCOLS);
    const address = new URL(url);
    if (username !== undefined) address.username = encodeURIComponent(username);
    if (password !== undefined) address.password = encodeURIComponent(password);
    return { connectionString: address.href };
  }

  async #withClient<T>(
    use: (query: (sql: string, values?: unknown[]) => Promise<unknown[]>) => Promise<T>,
  ): Promise<T> {
    const { default: pg } = await optionalPackage(
      () => import('pg'),
      'pg pg-logical-replication',
      'A PostgreSQL trigger',
    );
    const client = new pg.Client(await this.#clientConfig());
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(async (sql, values) => (await client.query(sql, values)).rows);
    } finally {
      await client.end();
    }
  }

  /** Makes publication and slot where they are not there yet. */
  async #prepare(): Promise<void> {
    const name = `"${this.#schema.replaceAll('"', '""')}"."${this.#table.replaceAll('"', '""')}"`;
    await this.#withClient(async (query) => {
      const published = await query('SELECT 1 FROM pg_publication WHERE pubname = $1', [this.#slot]);
      if (published.length === 0) await query(`CREATE PUBLICATION "${this.#slot}" FOR TABLE ${name}`);
      const known = await query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [this.#slot]);
      if (known.length === 0) await query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [this.#slot]);
    });
  }

  async run(
    deliver: (records: readonly StreamRecord[]) => Promise<void>,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<void> {
    await this.#prepare();
    const { LogicalReplicationService, PgoutputPlugin } = await optionalPackage(
      () => import('pg-logical-replication'),
      'pg pg-logical-replication',
      'A PostgreSQL trigger',
    );
    const service = new LogicalReplicationService(await this.#clientConfig(), {
      acknowledge: { auto: false, timeoutSeconds: 0 },
      flowControl: { enabled: true },
    });
    const queue: Read[] = [];
    let done: string | undefined;
    let committed = 0n;
    let wakeReader: (() => void) | undefined;
    let wakeWriter: (() => void) | undefined;
    let failure: Error | undefined;
    // Where the server is when it has nothing for us, and how much it had sent by then.
    let idle: { readonly lsn: string; readonly messages: number } | undefined;
    let messages = 0;
    let isOpen = false;
    const confirm = async (): Promise<void> => {
      // The service may hold messages that came before the server said so; by the next look it has handed them over.
      if (idle?.messages === messages && queue.length === 0 && !isOpen) done = idle.lsn;
      if (done !== undefined) await service.acknowledge(done);
    };
    const fail = (error: Error): void => {
      failure ??= error;
      wakeWriter?.();
      wakeReader?.();
    };
    service.on('error', fail);
    service.on('start', connected);
    service.on('heartbeat', (lsn: string) => {
      idle = { lsn, messages };
    });
    service.on('data', (_lsn: string, log: Pgoutput.Message): Promise<void> | undefined => {
      messages++;
      if (log.tag === 'begin' || log.tag === 'commit') isOpen = log.tag === 'begin';
      if (log.tag === 'begin') committed = BigInt(log.commitTime as unknown as bigint);
      for (const record of recordsOf(log, committed)) queue.push({ record, lsn: undefined });
      if (log.tag === 'commit') queue.push({ record: undefined, lsn: log.commitEndLsn ?? _lsn });
      this.#waiting = queue.length;
      wakeWriter?.();
      if (queue.length < MOST_WAITING || signal.aborted) return undefined;
      return new Promise((resolve) => {
        wakeReader = resolve;
      });
    });
    const subscribed = service.subscribe(
      new PgoutputPlugin({ protoVersion: 1, publicationNames: [this.#slot] }),
      this.#slot,
    );
    subscribed.then(() => fail(new Error('the server ended the replication')), fail);
    const timer = setInterval(() => void confirm(), CONFIRM_MS);
    const stop = (): void => wakeWriter?.();
    signal.addEventListener('abort', stop);
    try {
      for (;;) {
        // What came in one piece from the server is read record by record in this turn, and delivered together.
        if (queue.length < BATCH) await nextTurn();
        if (signal.aborted || failure !== undefined) break;
        const batch = queue.slice(0, BATCH * 2).filter(limited(BATCH));
        if (batch.length === 0) {
          await new Promise<void>((resolve) => {
            wakeWriter = resolve;
          });
          continue;
        }
        const records = batch.flatMap(({ record }) => (record === undefined ? [] : [record]));
        this.#waiting = queue.length;
        if (records.length > 0) await deliver(records);
        queue.splice(0, batch.length);
        this.#waiting = queue.length;
        const last = batch.findLast(({ lsn }) => lsn !== undefined)?.lsn;
        if (last !== undefined) {
          done = last;
          await confirm();
        }
        wakeReader?.();
      }
      if (failure !== undefined) throw failure;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
      wakeReader?.();
      await service.destroy().catch(() => undefined);
      this.#waiting = 0;
    }
  }

  async lag(): Promise<number> {
    return this.#waiting;
  }

  async forget(): Promise<void> {
    await this.#withClient(async (query) => {
      await query(
        'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL',
        [this.#slot],
      );
      for (let attempt = 0; ; attempt++) {
        try {
          await query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1', [
            this.#slot,
          ]);
          break;
        } catch (error) {
          // The connection that was ended may hold it for a moment still.
          if (attempt === 20) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      await query(`DROP PUBLICATION IF EXISTS "${this.#slot}"`);
    });
  }
}

/** Lets items through until `most` records have been. Ends of transactions count as none. */
function limited(most: number): (read: Read) => boolean {
  let records = 0;
  let isOver = false;
  return ({ record }) => {
    if (record !== undefined && ++records > most) isOver = true;
    return !isOver;
  };
}

/** PostgreSQL's type numbers. */
const INT8 = 20;
const FLOATS = new Set([700, 701]);

function recordsOf(log: Pgoutput.Message, committed: bigint): StreamRecord[] {
  if (log.tag !== 'insert' && log.tag !== 'update' && log.tag !== 'delete') return [];
  const { relation } = log;
  const keyNames = relation.keyColumns.length > 0 ? relation.keyColumns : [];
  const keys = new Set(keyNames);
  const at = Number(committed / 1_000n);
  const Info = { Timestamp: Number(committed) };
  const keyOf = (row: Row) => keyNames.map((ColumnName) => ({ ColumnName, Value: row.get(ColumnName) ?? '' }));
  const rowOf = (given: Readonly<Record<string, unknown>>): Row =>
    new Map(
      relation.columns.flatMap(({ name, typeOid }) =>
        given[name] === undefined ? [] : [[name, toValue(given[name], typeOid)] as const],
      ),
    );
  const put = (row: Row): StreamRecord => ({
    Type: 'PutRow',
    Info,
    PrimaryKey: keyOf(row),
    Columns: putColumns(row, keys, at),
  });
  const gone = (row: Row): StreamRecord => ({ Type: 'DeleteRow', Info, PrimaryKey: keyOf(row), Columns: [] });
  if (log.tag === 'insert') return [put(rowOf(log.new))];
  const before = log.old ?? log.key;
  if (log.tag === 'delete') return before === null ? [] : [gone(rowOf(before))];
  const now = rowOf(log.new);
  const old = log.old === null ? undefined : rowOf(log.old);
  if (before !== null) {
    const was = rowOf(before);
    if (keyNames.some((name) => String(was.get(name)) !== String(now.get(name)))) return [gone(was), put(now)];
  }
  return [{ Type: 'UpdateRow', Info, PrimaryKey: keyOf(now), Columns: changedColumns(old, now, keys, at) }];
}

function toValue(given: unknown, typeOid: number): Value | null {
  if (given === null || given === undefined) return null;
  if (given instanceof Uint8Array) return new Uint8Array(given);
  if (given instanceof Date) return given.toISOString();
  if (typeof given === 'number') return FLOATS.has(typeOid) ? new Double(given) : given;
  if (typeof given === 'boolean' || typeof given === 'bigint') return given;
  if (typeof given === 'object') return JSON.stringify(given);
  if (typeOid !== INT8) return String(given);
  return Number.isSafeInteger(Number(given)) ? Number(given) : BigInt(String(given));
}

/** What a table's name may be, with a schema before a dot or without. */
export function checkTable(table: string): void {
  if (/^[^\s."'\0]{1,63}(\.[^\s."'\0]{1,63})?$/.test(table)) return;
  throw new IsopodError('InvalidArgument', `sourceArn: "${table.slice(0, 130)}" is no name of a table`);
}
