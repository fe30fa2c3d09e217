/** Topic triggers: Function Compute's configuration and events over the engine's own topics. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { Follower } from '../kept/follower.ts';
import { Streams } from '../kept/streams.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { type TopicMessage, topicStream } from './topics.ts';

const config = z.strictObject({
  filterTag: z.string().max(256).default(''),
  notifyContentFormat: z.enum(['STREAM', 'JSON']).default('STREAM'),
  /** The push to the function's queue is repeated until it is accepted, whichever is chosen. */
  notifyStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY']).default('BACKOFF_RETRY'),
});
export type MnsTopicConfig = z.output<typeof config>;

const TOPIC = /^\/?topics\/([A-Za-z0-9][A-Za-z0-9_-]{0,254})(?:\/messages)?$/;

export const mnsTopic: TriggerKind<MnsTopicConfig> = {
  config,
  create: (context, checked) => new TopicTrigger(context, checked),
  sample: (context, checked) => {
    const md5 = createHash('md5').update('hello topic').digest('hex').toUpperCase();
    return topicEvent(context, checked, Date.now(), { id: '0'.repeat(32), body: 'hello topic', md5 });
  },
};

function topicOf({ arn }: TriggerContext): string {
  const topic = TOPIC.exec(arn.resource)?.[1];
  if (topic !== undefined) return topic;
  throw new IsopodError(
    'InvalidArgument',
    'sourceArn of a mns_topic trigger looks like acs:mns:{region}:{account}:/topics/{topic}',
  );
}

/** Bytes: the message itself, where nothing is put around it. */
export function topicEvent(
  context: TriggerContext,
  { notifyContentFormat }: MnsTopicConfig,
  at: number,
  { id, body, md5, attributes }: TopicMessage,
): unknown {
  if (notifyContentFormat === 'STREAM') {
    if (attributes === undefined) return new Uint8Array(Buffer.from(body));
    return { body, attrs: { Extend: JSON.stringify(attributes) } };
  }
  const { accountId } = context.arn;
  return {
    TopicOwner: accountId,
    Message: body,
    Subscriber: accountId,
    PublishTime: at,
    SubscriptionName: context.triggerName,
    MessageMD5: md5,
    TopicName: topicOf(context),
    MessageId: id,
    ...attributes,
  };
}

class TopicTrigger implements Trigger {
  readonly #follower: Follower;

  constructor(context: TriggerContext, checked: MnsTopicConfig) {
    const { services, delivery } = context;
    this.#follower = new Follower({
      context,
      streams: Streams.of(services),
      stream: topicStream(topicOf(context)),
      deliver: async (entries) => {
        const wanted = entries.flatMap(({ at, data }) => {
          const message = JSON.parse(data) as TopicMessage;
          const isWanted = checked.filterTag === '' || message.tag === checked.filterTag;
          return isWanted ? [topicEvent(context, checked, at, message)] : [];
        });
        await Promise.all(wanted.map((event) => delivery.accept(event)));
      },
    });
  }

  start(): Promise<void> {
    return this.#follower.start();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  forget(): Promise<void> {
    return this.#follower.forget();
  }

  status(): SourceStatus {
    return { lag: this.#follower.lag };
  }
}
