import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import t from 'tap';
import type { Engine } from '../../../lib/index.ts';
import { collectingEngine } from '../collector.ts';

const ARN = 'acs:oss:cn-hangzhou:1000000000000001:photos';
const trigger = (events: readonly string[], prefix = '', suffix = '', triggerName = 'photos') =>
  ({
    triggerName,
    triggerType: 'oss',
    sourceArn: ARN,
    triggerConfig: { events, filter: { key: { prefix, suffix } } },
  }) as const;
const ALL = ['oss:ObjectCreated:*', 'oss:ObjectRemoved:*'];

interface OssEvent {
  readonly events: readonly [
    {
      readonly eventName: string;
      readonly oss: { readonly object: { readonly key: string; readonly size: number; readonly deltaSize: number } };
    },
  ];
}
const shown = (events: readonly unknown[]): string[] =>
  (events as OssEvent[]).map(
    ({ events: [{ eventName, oss }] }) => `${eventName} ${oss.object.key} ${oss.object.deltaSize}`,
  );

t.test('files that are put, changed, renamed and deleted in the folder raise the events of OSS', async (t) => {
  const folder = t.testdir({ 'old.png': 'was there before' });
  const { engine, collector } = await collectingEngine({ eventSources: { buckets: { photos: folder } } });
  await using _ = engine;
  await engine.createTrigger('f', trigger(ALL, 'source/', '.png'));
  mkdirSync(join(folder, 'source'));
  writeFileSync(join(folder, 'source/cat.png'), 'meow');
  writeFileSync(join(folder, 'source/cat.txt'), 'not a picture');
  const [first] = (await collector.count(1)) as [OssEvent];
  t.match(first.events, [
    {
      eventName: 'ObjectCreated:PutObject',
      eventSource: 'acs:oss',
      eventTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      eventVersion: '1.0',
      oss: {
        bucket: { arn: ARN, name: 'photos', ownerIdentity: '1000000000000001', virtualBucket: '' },
        object: {
          deltaSize: 4,
          eTag: '4A4BE40C96AC6314E91D93F38043A634',
          key: 'source/cat.png',
          objectMeta: { mimeType: 'application/octet-stream', userMeta: {} },
          size: 4,
        },
        ossSchemaVersion: '1.0',
        ruleId: /^[0-9a-f]{40}$/,
      },
      region: 'cn-hangzhou',
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { requestId: '' },
      userIdentity: { principalId: '1000000000000001' },
    },
  ]);
  writeFileSync(join(folder, 'source/cat.png'), 'meow meow');
  await collector.count(2);
  renameSync(join(folder, 'source/cat.png'), join(folder, 'source/tom.png'));
  await collector.count(4);
  rmSync(join(folder, 'source/tom.png'));
  t.same(shown(await collector.count(5)).sort(), [
    'ObjectCreated:PutObject source/cat.png 4',
    'ObjectCreated:PutObject source/cat.png 5',
    'ObjectCreated:PutObject source/tom.png 9',
    'ObjectRemoved:DeleteObject source/cat.png -9',
    'ObjectRemoved:DeleteObject source/tom.png -9',
  ]);
});

t.test('what changed in the folder while no engine was there is told when one is', async (t) => {
  const folder = t.testdir({ bucket: { 'kept.txt': 'a', 'changed.txt': 'a', 'gone.txt': 'a' }, data: {} });
  const options = { dataDir: join(folder, 'data'), eventSources: { buckets: { photos: join(folder, 'bucket') } } };
  {
    const { engine } = await collectingEngine(options);
    await using _ = engine;
    await engine.createTrigger('f', trigger(ALL));
  }
  writeFileSync(join(folder, 'bucket/changed.txt'), 'ab');
  writeFileSync(join(folder, 'bucket/new.txt'), 'a');
  rmSync(join(folder, 'bucket/gone.txt'));
  const { engine, collector } = await collectingEngine(options);
  await using _ = engine;
  t.same(shown(await collector.count(3)).sort(), [
    'ObjectCreated:PutObject changed.txt 1',
    'ObjectCreated:PutObject new.txt 1',
    'ObjectRemoved:DeleteObject gone.txt -1',
  ]);
});

t.test('a bucket whose folder is not there is told in the status', async (t) => {
  const { engine } = await collectingEngine({ eventSources: { buckets: { photos: '/proc/no-such-folder' } } });
  await using _ = engine;
  const { status } = await engine.createTrigger('f', trigger(ALL));
  t.match(status, { state: 'failing', lastError: { code: 'SourceFailed' } });
});

t.test('bad configurations are refused with a reason', async (t) => {
  const { engine } = await collectingEngine();
  await using _ = engine;
  const wrong: readonly [object, RegExp][] = [
    [{ ...trigger([]) }, /events/],
    [{ ...trigger(['ObjectCreated:*']) }, /events\.0/],
    [{ ...trigger(ALL), sourceArn: undefined }, /sourceArn/],
    [{ ...trigger(ALL), sourceArn: 'acs:oss:::Big Bucket' }, /sourceArn/],
    [{ ...trigger(ALL), triggerConfig: '{"events":' }, /not JSON/],
  ];
  for (const [config, message] of wrong) {
    await t.rejects(engine.createTrigger('f', config as never), { code: 'InvalidArgument', message });
  }
});

async function serveBuckets(
  engine: Engine,
  t: { teardown(end: () => void): void },
  accessKeys?: Record<string, string>,
): Promise<number> {
  const server = createServer(await engine.eventSources.bucketHandler({ accessKeys }));
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

t.test("the AWS SDK's S3 client uses a bucket, and what it does raises events", async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  const port = await serveBuckets(engine, t, { AKID: 'secret' });
  const connect = (secretAccessKey: string) =>
    new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKID', secretAccessKey },
    });
  const s3 = connect('secret');
  t.teardown(() => s3.destroy());
  const Bucket = 'photos';
  await t.rejects(s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' })), { name: 'NoSuchBucket' });
  await s3.send(new CreateBucketCommand({ Bucket }));
  await engine.createTrigger('f', trigger(ALL));
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: "a b/ü+'(1).txt",
      Body: 'hello',
      ContentType: 'text/plain',
      Metadata: { album: 'pets' },
    }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a b/ü+'(1).txt", Range: 'bytes=1-3' }));
  t.equal(await got.Body?.transformToString(), 'ell');
  t.match(got, { ContentRange: 'bytes 1-3/5', ContentType: 'text/plain', Metadata: { album: 'pets' } });
  const [event] = (await collector.count(1)) as [OssEvent];
  t.match(event.events[0], {
    eventName: 'ObjectCreated:PutObject',
    oss: {
      object: {
        key: "a b/ü+'(1).txt",
        size: 5,
        objectMeta: { mimeType: 'text/plain', userMeta: { 'x-oss-meta-album': 'pets' } },
      },
    },
    responseElements: { requestId: /^[0-9A-F]{24}$/ },
  });
  // A stream goes in aws-chunked frames.
  const parts = ['frame by frame, ', 'until the end'];
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'stream',
      Body: Readable.from(parts.map((part) => Buffer.from(part))),
      ContentLength: 29,
    }),
  );
  t.equal(
    await (await s3.send(new GetObjectCommand({ Bucket, Key: 'stream' }))).Body?.transformToString(),
    parts.join(''),
  );
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/stream` }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }));
  const uploaded = [];
  for (const [at, Body] of ['part one', 'part two'].entries()) {
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: 'big', UploadId, PartNumber: at + 1, Body }));
    uploaded.push({ ETag, PartNumber: at + 1 });
  }
  await s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId, MultipartUpload: { Parts: uploaded } }),
  );
  t.match(await s3.send(new HeadObjectCommand({ Bucket, Key: 'big' })), { ContentLength: 16, ETag: /-2"$/ });
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  t.same(
    listed.Contents?.map(({ Key }) => Key),
    ['big', 'copy', 'stream'],
  );
  t.same(listed.CommonPrefixes, [{ Prefix: 'a b/' }]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copy' }));
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'big' }, { Key: 'stream' }] } }));
  await t.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'big' })), { name: 'NoSuchKey' });
  for (const Key of ['../escape', '.isopod/x', 'a//b']) {
    await t.rejects(s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })), { name: 'InvalidArgument' }, Key);
  }
  await t.rejects(connect('wrong').send(new GetObjectCommand({ Bucket, Key: 'stream' })), {
    name: 'SignatureDoesNotMatch',
  });
  t.same(shown(await collector.count(7)).slice(1), [
    'ObjectCreated:PutObject stream 29',
    'ObjectCreated:CopyObject copy 29',
    'ObjectCreated:CompleteMultipartUpload big 16',
    'ObjectRemoved:DeleteObject copy -29',
    'ObjectRemoved:DeleteObjects big -16',
    'ObjectRemoved:DeleteObjects stream -29',
  ]);
});

t.test('the OSS SDK puts, gets, lists and deletes', async (t) => {
  const { engine, collector } = await collectingEngine({ eventSources: { buckets: { photos: t.testdir() } } });
  await using _ = engine;
  await engine.createTrigger('f', trigger(ALL));
  const port = await serveBuckets(engine, t, { AKID: 'secret' });
  // @ts-expect-error It has no types.
  const { default: OSS } = (await import('ali-oss')) as { default: new (options: object) => OssClient };
  const client = new OSS({
    endpoint: `http://127.0.0.1:${port}`,
    accessKeyId: 'AKID',
    accessKeySecret: 'secret',
    bucket: 'photos',
    sldEnable: true,
  });
  await client.put('dir/hello.txt', Buffer.from('hello'), { meta: { album: 'pets' } });
  t.equal(String((await client.get('dir/hello.txt')).content), 'hello');
  t.same(
    (await client.list({ prefix: 'dir/' })).objects.map(({ name }) => name),
    ['dir/hello.txt'],
  );
  await client.delete('dir/hello.txt');
  t.same(shown(await collector.count(2)), [
    'ObjectCreated:PutObject dir/hello.txt 5',
    'ObjectRemoved:DeleteObject dir/hello.txt -5',
  ]);
});

interface OssClient {
  put(name: string, body: Buffer, options: object): Promise<unknown>;
  get(name: string): Promise<{ readonly content: Buffer }>;
  list(query: object): Promise<{ readonly objects: readonly { readonly name: string }[] }>;
  delete(name: string): Promise<unknown>;
}
