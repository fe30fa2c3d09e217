/** What other object stores tell of their buckets, as events of ours: S3's records, bare, in SNS or SQS, and EventBridge's. Pure. */
import { IsopodError } from '../../errors.ts';
import type { ObjectEvent } from './bucket.ts';

const NAMES: Readonly<Record<string, string>> = {
  'ObjectCreated:Put': 'ObjectCreated:PutObject',
  'ObjectCreated:Post': 'ObjectCreated:PostObject',
  'ObjectCreated:Copy': 'ObjectCreated:CopyObject',
  'ObjectCreated:CompleteMultipartUpload': 'ObjectCreated:CompleteMultipartUpload',
  'ObjectRemoved:Delete': 'ObjectRemoved:DeleteObject',
  'ObjectRemoved:DeleteMarkerCreated': 'ObjectRemoved:DeleteObject',
  'Object Created': 'ObjectCreated:PutObject',
  'Object Deleted': 'ObjectRemoved:DeleteObject',
};
const REASONS: Readonly<Record<string, string>> = {
  CopyObject: 'ObjectCreated:CopyObject',
  CompleteMultipartUpload: 'ObjectCreated:CompleteMultipartUpload',
  PostObject: 'ObjectCreated:PostObject',
};

export interface Notification {
  readonly bucket: string;
  readonly event: ObjectEvent;
}

interface Dict {
  readonly [name: string]: unknown;
}

const dict = (value: unknown): Dict => (typeof value === 'object' && value !== null ? (value as Dict) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Throws `InvalidArgument` when the body is none of the known shapes. Events we have no name for are left out. */
export function notificationsOf(body: unknown): Notification[] {
  const { Records, Type, Message, detail, ...rest } = dict(body);
  if (Type === 'SubscriptionConfirmation') return [];
  if (typeof Message === 'string') return notificationsOf(parsed(Message));
  if (detail !== undefined) return fromEventBridge(text(rest['detail-type']), dict(detail));
  if (Array.isArray(Records)) {
    return Records.flatMap((record) => {
      const inner = dict(record).body ?? dict(record).Body;
      return typeof inner === 'string' ? notificationsOf(parsed(inner)) : fromRecord(dict(record));
    });
  }
  if (text(dict(body).Event) === 's3:TestEvent') return [];
  throw new IsopodError(
    'InvalidArgument',
    'The post is no notification of a bucket: S3 records, SNS, SQS or EventBridge',
  );
}

function parsed(inner: string): unknown {
  try {
    return JSON.parse(inner);
  } catch (error) {
    throw new IsopodError('InvalidArgument', `The message is not JSON: ${(error as Error).message}`);
  }
}

function fromRecord(record: Dict): Notification[] {
  const s3 = dict(record.s3);
  const object = dict(s3.object);
  const name = NAMES[text(record.eventName).replace(/^s3:/, '')];
  if (name === undefined) return [];
  // Keys are encoded as in a query.
  const key = decodeURIComponent(text(object.key).replaceAll('+', ' '));
  const facts = {
    requestId: text(dict(record.responseElements)['x-amz-request-id']),
    sourceIp: text(dict(record.requestParameters).sourceIPAddress),
    contentType: text(object.contentType) || 'application/octet-stream',
  };
  return [{ bucket: text(dict(s3.bucket).name), event: eventOf(name, key, object, facts) }];
}

function fromEventBridge(kind: string, detail: Dict): Notification[] {
  const object = dict(detail.object);
  const name = REASONS[text(detail.reason)] ?? NAMES[kind];
  if (name === undefined) return [];
  const facts = {
    requestId: text(detail['request-id']),
    sourceIp: text(detail['source-ip-address']),
    contentType: 'application/octet-stream',
  };
  return [{ bucket: text(dict(detail.bucket).name), event: eventOf(name, text(object.key), object, facts) }];
}

function eventOf(
  name: string,
  key: string,
  object: Dict,
  facts: Pick<ObjectEvent, 'requestId' | 'sourceIp' | 'contentType'>,
): ObjectEvent {
  const size = Number(object.size ?? 0) || 0;
  const etag = (text(object.eTag) || text(object.etag)).replaceAll('"', '').toUpperCase();
  return {
    name,
    key,
    size,
    delta: name.startsWith('ObjectRemoved') ? 0 : size,
    etag,
    user: userOf(object.userMetadata),
    ...facts,
  };
}

function userOf(given: unknown): Record<string, string> {
  const entries = Object.entries(dict(given)).flatMap(([name, value]) => {
    const meta = /^x-amz-meta-(.+)$/i.exec(name)?.[1];
    return meta === undefined ? [] : [[meta.toLowerCase(), text(value)] as const];
  });
  return Object.fromEntries(entries);
}
