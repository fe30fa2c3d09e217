import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decode } from 'cborg';
import pg from 'pg';
import t from 'tap';
import { createEngine, type Engine, type EngineOptions } from '../../../lib/index.ts';
import { missing, postgres } from '../servers.ts';

interface Record_ {
  readonly Type: string;
  readonly Info: { readonly Timestamp: number };
  readonly PrimaryKey: readonly { readonly ColumnName: string; readonly Value: unknown }[];
  readonly Columns: readonly object[];
}

/** An engine with a function that gets CBOR, as Function Compute's handlers do, and tells the records. */
async function tableEngine(options: EngineOptions, fail: (text: string) => boolean = () => false) {
  const engine = await createEngine({ workers: 1, ...options });
  const records: Record_[] = [];
  let wake: (() => void) | undefined;
  await engine.createFunction({
    functionName: 'f',
    runtime: 'nodejs20',
    timeout: 30,
    code: {
      source: `exports.handler = async (event, context) => {
        if (!Buffer.isBuffer(event)) throw new Error('the event is no Buffer');
        if (await context.bindings.told.to(event.toString('base64'))) throw new Error('failed');
      };`,
    },
    bindings: {
      told: {
        to: async (text: string) => {
          if (fail(text)) return true;
          records.push(...(decode(Buffer.from(text, 'base64')) as { Records: Record_[] }).Records);
          wake?.();
          return false;
        },
      },
    },
  });
  const count = async (enough: () => boolean): Promise<void> => {
    while (!enough()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { engine, records, count };
}

const table = (engine: Engine, name: string) =>
  engine.createTrigger('f', {
    triggerName: 'changes',
    triggerType: 'tablestore',
    sourceArn: `acs:ots:cn-local:1000000000000001:instance/shop/table/${name}`,
  });

t.test('changes of a SQLite table come in order, whoever makes them', async (t) => {
  const file = join(t.testdir(), 'shop.sqlite');
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE users (uid INTEGER, dev TEXT, city TEXT, score REAL, big INTEGER, raw BLOB, vip BOOLEAN, PRIMARY KEY (uid, dev))`);
  database.exec("INSERT INTO users (uid, dev) VALUES (1, 'was there before')");
  const { engine, records, count } = await tableEngine({ eventSources: { databases: { shop: file } } });
  await using _ = engine;
  await table(engine, 'users');
  database.exec("INSERT INTO users VALUES (42, 'phone', 'Hangzhou', 9.5, 9007199254740993, x'00ff', 1)");
  database.exec('UPDATE users SET city = NULL, score = 9 WHERE uid = 42');
  database.exec("UPDATE users SET dev = 'tablet' WHERE uid = 42");
  database.exec('DELETE FROM users WHERE uid = 42');
  await count(() => records.length >= 5);
  t.match(records, [
    {
      Type: 'PutRow',
      Info: { Timestamp: Number },
      PrimaryKey: [
        { ColumnName: 'uid', Value: 42 },
        { ColumnName: 'dev', Value: 'phone' },
      ],
      Columns: [
        { Type: 'Put', ColumnName: 'city', Value: 'Hangzhou', Timestamp: Number },
        { Type: 'Put', ColumnName: 'score', Value: 9.5 },
        { Type: 'Put', ColumnName: 'big', Value: 9_007_199_254_740_993n },
        { Type: 'Put', ColumnName: 'raw', Value: Buffer.from([0, 255]) },
        { Type: 'Put', ColumnName: 'vip', Value: true },
      ],
    },
    {
      Type: 'UpdateRow',
      Columns: [
        { Type: 'DeleteAllVersions', ColumnName: 'city' },
        { Type: 'Put', ColumnName: 'score', Value: 9 },
      ],
    },
    { Type: 'DeleteRow', PrimaryKey: [{ Value: 42 }, { Value: 'phone' }], Columns: [] },
    { Type: 'PutRow', PrimaryKey: [{ Value: 42 }, { Value: 'tablet' }] },
    { Type: 'DeleteRow', PrimaryKey: [{ Value: 42 }, { Value: 'tablet' }] },
  ]);
  await engine.deleteTrigger('f', 'changes');
  t.same(
    database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all(),
    [],
    'nothing of ours is left',
  );
  database.close();
});

t.test('a batch the function fails on comes again until it is done, and nothing overtakes it', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'shop.sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY)');
  let failures = 3;
  const { engine, records, count } = await tableEngine(
    { eventSources: { databases: { shop: file } } },
    () => failures-- > 0,
  );
  await using _ = engine;
  await table(engine, 't');
  for (let id = 1; id <= 250; id++) database.exec(`INSERT INTO t VALUES (${id})`);
  await count(() => records.length >= 250);
  t.same(
    records.map(({ PrimaryKey }) => PrimaryKey[0]?.Value),
    Array.from({ length: 250 }, (_, at) => at + 1),
  );
  t.equal(engine.getTrigger('f', 'changes').status.failures, 3);
  database.close();
});

t.test('what changed while no engine was there comes when there is one', async (t) => {
  const dir = t.testdir({ data: {} });
  const file = join(dir, 'shop.sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY)');
  const options = { dataDir: join(dir, 'data'), eventSources: { databases: { shop: file } } };
  {
    const { engine } = await tableEngine(options);
    await using _ = engine;
    await table(engine, 't');
  }
  database.exec('INSERT INTO t VALUES (1), (2), (3)');
  const { engine, records, count } = await tableEngine(options);
  await using _ = engine;
  await count(() => records.length >= 3);
  t.same(
    records.map(({ PrimaryKey }) => PrimaryKey[0]?.Value),
    [1, 2, 3],
  );
  database.close();
});

t.test('what cannot be watched is refused, or told in the status', async (t) => {
  const dir = t.testdir({ 'text.sqlite': 'this is not a database, but a text that is long enough to be looked at' });
  const { engine } = await tableEngine({ eventSources: { databases: { shop: join(dir, 'text.sqlite') } } });
  await using _ = engine;
  t.match((await table(engine, 't')).status, { state: 'failing', lastError: { code: 'SourceFailed' } });
  const named = (sourceArn: string) =>
    engine.createTrigger('f', { triggerName: 'x', triggerType: 'tablestore', sourceArn });
  await t.rejects(named('acs:ots:::instance/other/table/t'), {
    code: 'InvalidArgument',
    message: /no database "other"/,
  });
  await t.rejects(named('acs:ots:::table/t'), { message: /sourceArn/ });
});

t.test(
  'changes of a PostgreSQL table come in order; none is lost when the server is killed or the engine is away',
  {
    skip: missing('postgres', 'postgresql'),
  },
  async (t) => {
    const service = await postgres();
    t.teardown(() => service.stop());
    const url = `postgres://postgres@127.0.0.1:${service.port}/postgres`;
    const query = async (...statements: readonly string[]): Promise<void> => {
      const client = new pg.Client(url);
      client.on('error', () => undefined);
      await client.connect();
      for (const statement of statements) await client.query(statement);
      await client.end();
    };
    const dir = t.testdir({ data: {} });
    const options = { dataDir: join(dir, 'data'), eventSources: { connections: { shop: { url } } } };
    const ids = (records: readonly Record_[]): unknown[] => records.map(({ PrimaryKey }) => PrimaryKey[0]?.Value);
    await query('CREATE TABLE users (id int8 PRIMARY KEY, city text, score float8, raw bytea, vip bool)');
    {
      const { engine, records, count } = await tableEngine(options);
      await using _ = engine;
      t.match((await table(engine, 'users')).status, { state: 'running' });
      await query(
        "INSERT INTO users VALUES (9007199254740993, 'Hangzhou', 9, '\\x00ff', true)",
        'UPDATE users SET city = NULL',
        'DELETE FROM users',
      );
      await count(() => records.length >= 3);
      t.match(records, [
        {
          Type: 'PutRow',
          PrimaryKey: [{ ColumnName: 'id', Value: 9_007_199_254_740_993n }],
          Columns: [
            { Type: 'Put', ColumnName: 'city', Value: 'Hangzhou' },
            { Type: 'Put', ColumnName: 'score', Value: 9 },
            { Type: 'Put', ColumnName: 'raw', Value: Buffer.from([0, 255]) },
            { Type: 'Put', ColumnName: 'vip', Value: true },
          ],
        },
        { Type: 'UpdateRow', PrimaryKey: [{ Value: 9_007_199_254_740_993n }] },
        { Type: 'DeleteRow', PrimaryKey: [{ Value: 9_007_199_254_740_993n }], Columns: [] },
      ]);
      await query('INSERT INTO users SELECT generate_series(1, 300)');
      await count(() => ids(records).includes(150));
      await service.kill();
      await service.start();
      await query('INSERT INTO users SELECT generate_series(301, 310)');
      await count(() => ids(records).includes(310));
      const seen = [...new Set(ids(records))].filter((id) => typeof id === 'number');
      t.same(
        seen,
        Array.from({ length: 310 }, (_, at) => at + 1),
        'all of them, each for the first time in its turn',
      );
    }
    await query('INSERT INTO users SELECT generate_series(311, 320)');
    const { engine, records, count } = await tableEngine(options);
    await using _ = engine;
    await count(() => ids(records).includes(320));
    t.ok([311, 312, 313, 314, 315, 316, 317, 318, 319, 320].every((id) => ids(records).includes(id)));
    await engine.deleteTrigger('f', 'changes');
    const client = new pg.Client(url);
    await client.connect();
    t.same(
      (await client.query('SELECT slot_name FROM pg_replication_slots')).rows,
      [],
      'no slot is left to fill the disk',
    );
    await client.end();
  },
);
