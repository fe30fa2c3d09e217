/** Object storage triggers: Function Compute's configuration and events over a bucket that is a folder. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { IsopodError, toIsopodError } from '../../errors.ts';
import { backoffMs } from '../backoff.ts';
import { Follower } from '../kept/follower.ts';
import { Streams } from '../kept/streams.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { checkSender } from '../webhook/sender.ts';
import { hookPath, jsonOf, type Post, type PostAnswer, Webhooks } from '../webhook/webhooks.ts';
import { Bucket, type ObjectEvent } from './bucket.ts';
import { notificationsOf } from './notifications.ts';

const EVENTS = {
  ObjectCreated: [
    '*',
    'PutObject',
    'PutSymlink',
    'PostObject',
    'CopyObject',
    'InitiateMultipartUpload',
    'UploadPart',
    'UploadPartCopy',
    'CompleteMultipartUpload',
    'AppendObject',
  ],
  ObjectModified: ['UpdateObjectMeta'],
  ObjectRemoved: ['*', 'DeleteObject', 'DeleteObjects', 'AbortMultipartUpload'],
} as const;
const NAMES = Object.entries(EVENTS).flatMap(([kind, names]) => names.map((name) => `oss:${kind}:${name}`));

const config = z.strictObject({
  events: z.array(z.enum(NAMES as [string, ...string[]])).min(1),
  filter: z
    .strictObject({
      key: z.strictObject({ prefix: z.string().default(''), suffix: z.string().default('') }).prefault({}),
    })
    .prefault({}),
  /** Shared with who posts to the trigger's hook; without one posts come from this machine only. */
  webhookSecret: z.string().min(8).max(256).optional(),
});
export type OssConfig = z.output<typeof config>;

export const oss: TriggerKind<OssConfig> = {
  config,
  create: (context, checked) => new OssTrigger(context, checked),
  // Folders of the owner's may be one folder for all engines.
  isSingle: ({ arn, services }) => Object.hasOwn(services.options.buckets, arn.resource.split('/')[0] ?? ''),
  sample: (context, checked) => {
    const { prefix, suffix } = checked.filter.key;
    return ossEvent(context, Date.now(), {
      name: (checked.events[0] as string).replace('oss:', '').replace('ObjectCreated:*', 'ObjectCreated:PutObject'),
      key: `${prefix}sample${suffix}`,
      size: 5,
      delta: 5,
      etag: createHash('md5').update('hello').digest('hex').toUpperCase(),
      contentType: 'text/plain',
      user: {},
      requestId: '',
      sourceIp: '127.0.0.1',
    });
  },
};

/** `oss:ObjectCreated:*` covers every event of its kind. */
export function wants({ events, filter }: OssConfig, { name, key }: Pick<ObjectEvent, 'name' | 'key'>): boolean {
  const kind = name.slice(0, name.indexOf(':'));
  const { prefix, suffix } = filter.key;
  if (!key.startsWith(prefix) || !key.endsWith(suffix)) return false;
  return events.includes(`oss:${name}`) || events.includes(`oss:${kind}:*`);
}

/** What the function is told. */
export function ossEvent({ arn, triggerId, triggerName }: TriggerContext, at: number, event: ObjectEvent): object {
  const { name, key, size, delta, etag, contentType, user, requestId, sourceIp } = event;
  const { region, accountId, resource: bucket } = arn;
  const userMeta = Object.fromEntries(Object.entries(user).map(([meta, value]) => [`x-oss-meta-${meta}`, value]));
  return {
    events: [
      {
        eventName: name,
        eventSource: 'acs:oss',
        eventTime: new Date(at).toISOString(),
        eventVersion: '1.0',
        oss: {
          bucket: {
            arn: `acs:oss:${region}:${accountId}:${bucket}`,
            name: bucket,
            ownerIdentity: accountId,
            virtualBucket: '',
          },
          object: { deltaSize: delta, eTag: etag, key, objectMeta: { mimeType: contentType, userMeta }, size },
          ossSchemaVersion: '1.0',
          ruleId: createHash('sha1').update(`${triggerId}${triggerName}`).digest('hex'),
        },
        region,
        requestParameters: { sourceIPAddress: sourceIp },
        responseElements: { requestId },
        userIdentity: { principalId: accountId },
      },
    ],
  };
}

class OssTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #bucket: Bucket;
  readonly #follower: Follower;
  readonly #secret: string | undefined;
  #unhook: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #trouble: SourceStatus['trouble'];

  constructor(context: TriggerContext, checked: OssConfig) {
    const { services, arn, delivery } = context;
    if (!/^[a-z0-9][a-z0-9.-]{1,62}$/.test(arn.resource)) {
      throw new IsopodError(
        'InvalidArgument',
        'sourceArn of an oss trigger names the bucket: acs:oss:{region}:{account}:{bucket} (3-63 lower-case letters, digits, - or .)',
      );
    }
    this.#context = context;
    this.#secret = checked.webhookSecret;
    this.#bucket = Bucket.of(services, arn.resource);
    this.#follower = new Follower({
      context,
      streams: Streams.of(services),
      stream: this.#bucket.stream,
      deliver: async (entries) => {
        const wanted = entries.flatMap(({ at, data }) => {
          const event = JSON.parse(data) as ObjectEvent;
          return wants(checked, event) ? [ossEvent(context, at, event)] : [];
        });
        await Promise.all(wanted.map((event) => delivery.accept(event)));
      },
    });
  }

  async start(): Promise<void> {
    await this.#open(1);
    await this.#follower.start();
    const { services, functionName, triggerName } = this.#context;
    this.#unhook = Webhooks.of(services).add(hookPath(functionName, triggerName), (post) => this.#take(post));
  }

  /** Notifications of another store's bucket of the same name. Answers when they are kept. */
  async #take(post: Post): Promise<PostAnswer> {
    checkSender(post, this.#secret, Date.now());
    const told = notificationsOf(jsonOf(post.body)).filter(({ bucket }) => bucket === this.#bucket.name);
    const streams = Streams.of(this.#context.services);
    const events = told.map(({ event }) => JSON.stringify(event));
    if (events.length > 0) await streams.append(this.#bucket.stream, events);
    return { status: 200, body: { accepted: told.length } };
  }

  async #open(failures: number): Promise<void> {
    try {
      await this.#bucket.open();
      this.#trouble = undefined;
    } catch (error) {
      const { delivery, alarms } = this.#context;
      this.#trouble = delivery.failed(toIsopodError(error));
      this.#cancel = alarms.set(alarms.clock.now() + backoffMs(failures), () => void this.#open(failures + 1));
    }
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#unhook?.();
    await this.#follower.stop();
  }

  forget(): Promise<void> {
    return this.#follower.forget();
  }

  status(): SourceStatus {
    return { lag: this.#follower.lag, trouble: this.#trouble };
  }
}
