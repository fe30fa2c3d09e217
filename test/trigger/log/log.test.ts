import { createSocket } from 'node:dgram';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createEngine, type Engine } from '../../../lib/index.ts';
import type { LogRecord } from '../../../lib/trigger/log/log-store.ts';
import { framesOf, parseSyslog } from '../../../lib/trigger/log/syslog.ts';
import { Collector, collectingEngine } from '../collector.ts';
import { failing } from '../through-crashes.ts';

interface LogEvent {
  readonly source: { readonly shardId: number; readonly beginCursor: string; readonly endCursor: string };
  readonly logs?: readonly { readonly contents: { readonly content: string } }[];
}
const logTrigger = (more: object = {}) =>
  ({
    triggerName: 'logs',
    triggerType: 'log',
    sourceArn: 'acs:log:cn-hangzhou:1000000000000001:project/web-prj',
    triggerConfig: {
      sourceConfig: { logstore: 'access' },
      jobConfig: { triggerInterval: 0.05, maxRetryTime: 1 },
      functionParameter: { flag: 'x' },
      ...more,
    },
  }) as const;
const contents = (events: readonly string[]): string[] =>
  events.flatMap((text) => ((JSON.parse(text) as LogEvent).logs ?? []).map((record) => record.contents.content));
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `line ${from + at}\n`).join('');

t.test('a log trigger tells the range of cursors that is new, which the function pulls', async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  await engine.eventSources.putLogs('web-prj/access', [{ source: 'a', contents: { content: 'old' } }]);
  await engine.createTrigger('f', logTrigger());
  await engine.eventSources.putLogs('web-prj/access', [
    { time: 1_700_000_000, topic: 't', source: 'a', contents: { content: 'one' } },
    { source: 'a', contents: { content: 'two' } },
  ]);
  const [event] = (await collector.count(1)) as [LogEvent];
  t.match(event, {
    parameter: { flag: 'x' },
    source: {
      endpoint: 'http://cn-hangzhou-intranet.log.aliyuncs.com',
      projectName: 'web-prj',
      logstoreName: 'access',
      shardId: Number,
      beginCursor: String,
      endCursor: String,
    },
    jobName: /^[0-9a-f]{40}$/,
    taskId: /^[0-9a-f-]{36}$/,
    cursorTime: Number,
  });
  const { shardId, beginCursor, endCursor } = event.source;
  const { logs, nextCursor } = engine.eventSources.pullLogs('web-prj/access', shardId, beginCursor, endCursor);
  t.match(logs, [
    { time: 1_700_000_000, topic: 't', source: 'a', contents: { content: 'one' } },
    { contents: { content: 'two' } },
  ]);
  t.equal(logs.length, 2);
  t.equal(nextCursor, endCursor);
});

t.test('a range that fails comes again, also at the next interval, and none is left out', async (t) => {
  let failures = 5;
  const { engine, collector } = await collectingEngine({}, { code: failing(new Collector()).code });
  await using _ = engine;
  const told: string[] = [];
  const add = collector.add;
  await engine.updateFunction('f', {
    bindings: {
      collector: {
        add: async (text: string) => {
          told.push((JSON.parse(text) as LogEvent).source.beginCursor);
          if (failures-- > 0) return 'throw';
          return add(text);
        },
      },
    },
  });
  await engine.createTrigger('f', logTrigger({ deliverLogs: true }));
  await engine.eventSources.putLogs('web-prj/access', [{ source: 'a', contents: { content: 'one' } }]);
  await collector.until(({ length }) => length === 1);
  t.equal(told.length, 6);
  t.equal(new Set(told).size, 1, 'the same range every time');
  t.match(engine.getTrigger('f', 'logs').status, { failures: 5 });
});

t.test('lines of a file come once each, through rotation, truncation and restarts', async (t) => {
  const dir = t.testdir({ data: {}, 'app.log': 'was there before\n' });
  const file = join(dir, 'app.log');
  const options = { dataDir: join(dir, 'data'), eventSources: { logs: { 'web-prj/access': { files: [file] } } } };
  const all: string[] = [];
  {
    const { engine, collector } = await collectingEngine(options);
    await using _ = engine;
    await engine.createTrigger('f', logTrigger({ deliverLogs: true }));
    appendFileSync(file, lines(0, 10));
    await collector.until((events) => contents(events).length === 10);
    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, lines(10, 15));
    writeFileSync(file, lines(15, 20));
    await collector.until((events) => contents(events).length === 20);
    all.push(...contents(collector.events));
  }
  appendFileSync(file, lines(20, 25));
  renameSync(file, `${file}.2`);
  writeFileSync(file, `${lines(25, 30)}not complete`);
  const { engine, collector } = await collectingEngine(options);
  await using _ = engine;
  await collector.until((events) => contents(events).length === 10);
  appendFileSync(file, ' until now\n');
  await collector.until((events) => contents(events).length === 11);
  all.push(...contents(collector.events));
  t.same(all, [...lines(0, 30).trim().split('\n'), 'not complete until now']);
});

t.test('syslog comes over TCP and UDP', async (t) => {
  const { engine, collector } = await collectingEngine({
    eventSources: { logs: { 'web-prj/access': { syslog: { port: 0 } } } },
  });
  await using _ = engine;
  await engine.createTrigger('f', logTrigger({ deliverLogs: true }));
  const port = (await engine.eventSources.openLogFeeds('web-prj/access')) as number;
  const message = '<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [x@1 a="b\\]"] BOM-less text';
  const socket = connect(port, '127.0.0.1');
  socket.write(`${message}\n${Buffer.byteLength(message)} ${message}`);
  const udp = createSocket('udp4');
  udp.send(message, port, '127.0.0.1');
  await collector.until((events) => contents(events).length === 3);
  socket.destroy();
  udp.close();
  t.same(contents(collector.events), ['BOM-less text', 'BOM-less text', 'BOM-less text']);
});

t.test('syslog is read as RFC 5424 says, and frames as RFC 6587', (t) => {
  t.match(parseSyslog('<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeffsu root failed'), {
    time: 1_065_910_455,
    source: 'mymachine.example.com',
    topic: 'su',
    contents: { facility: '4', severity: 'crit', procid: '', msgid: 'ID47', structured: '', content: 'su root failed' },
  });
  t.same(parseSyslog('no syslog at all'), { contents: { content: 'no syslog at all' } });
  const frames: string[] = [];
  const left = framesOf(Buffer.from('5 hello<1>x\n6 second3 ab'), (text) => frames.push(text));
  t.same([frames, left.toString()], [['hello', '<1>x', 'second'], '3 ab']);
  t.end();
});

t.test('OTLP logs come as JSON, with a token', async (t) => {
  const otlp = { token: 'correct horse' };
  const { engine, collector } = await collectingEngine({ eventSources: { logs: { 'web-prj/access': { otlp } } } });
  await using _ = engine;
  await engine.createTrigger('f', logTrigger({ deliverLogs: true }));
  const url = `${await serve(engine, t)}/otlp/web-prj/access/v1/logs`;
  const body = JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [
          {
            scope: { name: 'cart' },
            logRecords: [
              {
                timeUnixNano: '1700000000000000000',
                severityText: 'INFO',
                body: { stringValue: 'paid' },
                attributes: [{ key: 'n', value: { intValue: '3' } }],
              },
            ],
          },
        ],
      },
    ],
  });
  const post = (headers: Record<string, string>) => fetch(url, { method: 'POST', body, headers });
  const type = { 'content-type': 'application/json' };
  t.equal((await post({ ...type, authorization: 'Bearer wrong horse' })).status, 403);
  t.equal(
    (await post({ 'content-type': 'application/x-protobuf', authorization: 'Bearer correct horse' })).status,
    415,
  );
  t.equal((await post({ ...type, authorization: 'Bearer correct horse' })).status, 200);
  t.match(await collector.count(1), [
    {
      logs: [
        {
          time: 1_700_000_000,
          topic: 'cart',
          source: 'shop',
          contents: { content: 'paid', n: '3', severity: 'INFO', 'resource.service.name': 'shop' },
        },
      ],
    },
  ]);
});

async function serve(engine: Engine, t: { teardown(end: () => void): void }): Promise<string> {
  const handler = engine.eventSources.webhookHandler();
  const server = createServer((request, response) => void handler(request, response));
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('a log trigger reads what functions write, but for those it calls', async (t) => {
  const told: LogRecord[] = [];
  let more = (): void => undefined;
  const untilTold = async (count: number): Promise<void> => {
    while (told.length < count) await new Promise<void>((resolve) => (more = resolve));
  };
  await using engine = await createEngine({
    workers: 0,
    eventSources: { logs: { 'own/functions': { functions: ['shop/*', 'reader'] } } },
  });
  const source = (text: string) => ({ source: `export const handler = (event, { bindings, logger }) => { ${text} };` });
  await engine.createFunction({
    functionName: 'reader',
    code: source("logger.info('read'); return bindings.told.of(event.logs);"),
    bindings: {
      told: {
        of: (logs: LogRecord[]) => {
          told.push(...logs);
          more();
        },
      },
    },
  });
  await engine.createFunction({
    functionName: 'shop/pay',
    code: source("logger.warn('no money'); logger.info('two')"),
  });
  await engine.createFunction({ functionName: 'other', code: source("logger.warn('nobody asked')") });
  const { triggerConfig, ...rest } = logTrigger({ deliverLogs: true, sourceConfig: { logstore: 'functions' } });
  await engine.createTrigger('reader', {
    ...rest,
    triggerConfig,
    sourceArn: 'acs:log:cn-hangzhou:1000000000000001:project/own',
  });
  await engine.invoke('other');
  await engine.invoke('shop/pay');
  await untilTold(2);
  // What the reader wrote meanwhile would come with these.
  await engine.invoke('shop/pay');
  await untilTold(4);
  const from = { source: 'shop/pay' };
  t.match(told, [
    { ...from, contents: { level: 'WARN', content: 'no money', functionName: 'shop/pay', versionId: 'LATEST' } },
    { ...from, contents: { level: 'INFO', content: 'two' } },
    from,
    from,
  ]);
});
