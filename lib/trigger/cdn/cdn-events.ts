/** CDN triggers: events a CDN posts, in the shape of Function Compute's, filtered by name and domain. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { checkSender } from '../webhook/sender.ts';
import { hookPath, jsonOf, type Post, type PostAnswer, Webhooks } from '../webhook/webhooks.ts';

const NAMES = [
  'CachedObjectsRefreshed',
  'CachedObjectsPushed',
  'CachedObjectsBlocked',
  'LogFileCreated',
  'CdnDomainStarted',
  'CdnDomainStopped',
  'CdnDomainAdded',
  'CdnDomainDeleted',
] as const;

const config = z.strictObject({
  eventName: z.enum(NAMES),
  eventVersion: z.string().default('1.0.0'),
  notes: z.string().max(1_024).default(''),
  filter: z
    .record(z.string().min(1), z.array(z.string().min(1)).min(1))
    .refine((filter) => Object.keys(filter).length > 0, 'must have one filter at least, for example { domain: [...] }'),
  /** Shared with who posts; without one posts come from this machine only. */
  webhookSecret: z.string().min(8).max(256).optional(),
});
export type CdnConfig = z.output<typeof config>;

const event = z.looseObject({
  eventName: z.string(),
  eventVersion: z.string(),
  eventSource: z.string().default('cdn'),
  eventTime: z.string(),
  resource: z.looseObject({ domain: z.string().optional() }).default({}),
  eventParameter: z.looseObject({}).default({}),
});
const posted = z.object({ events: z.array(event).min(1).max(1_000) });
type CdnEvent = z.output<typeof event>;

export const cdnEvents: TriggerKind<CdnConfig> = {
  config,
  create: (context, checked) => new CdnTrigger(context, checked),
  sample: ({ arn }, { eventName, eventVersion, filter }) => {
    const domain = filter.domain?.[0] ?? 'img.example.com';
    return {
      events: [
        {
          eventName,
          eventVersion,
          eventSource: 'cdn',
          region: arn.region,
          eventTime: localTime(Date.now()),
          traceId: '00000000-0000-4000-8000-000000000000',
          resource: { domain },
          eventParameter: parameterOf(eventName, domain),
          userIdentity: { aliUid: arn.accountId },
        },
      ],
    };
  },
};

/** With the offset of Beijing, as the CDN writes it. */
const localTime = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().replace(/\.\d+Z$/, '+08:00');

function parameterOf(eventName: CdnConfig['eventName'], domain: string): object {
  if (eventName.startsWith('Cached')) {
    return {
      objectPath: ['/a/1.jpg'],
      createTime: 1_714_979_200,
      domain,
      completeTime: 1_714_979_280,
      objectType: 'File',
      taskId: 2_089_687_230,
    };
  }
  if (eventName === 'LogFileCreated') {
    return {
      domain,
      endTime: 1_714_982_800,
      fileSize: 1_788_115,
      filePath: 'http://logs.example.com/img.gz',
      startTime: 1_714_979_200,
    };
  }
  if (eventName === 'CdnDomainStarted') return { domain, status: 'online' };
  return eventName === 'CdnDomainStopped' ? { domain, status: 'offline' } : { domain };
}

class CdnTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #config: CdnConfig;
  #remove: (() => void) | undefined;

  constructor(context: TriggerContext, checked: CdnConfig) {
    this.#context = context;
    this.#config = checked;
  }

  async start(): Promise<void> {
    const { services, functionName, triggerName } = this.#context;
    this.#remove = Webhooks.of(services).add(hookPath(functionName, triggerName), (post) => this.#take(post));
  }

  /** Answers when what is wanted is accepted. */
  async #take(post: Post): Promise<PostAnswer> {
    const { delivery } = this.#context;
    checkSender(post, this.#config.webhookSecret, Date.now());
    const read = posted.safeParse(jsonOf(post.body));
    if (!read.success) {
      const [issue] = read.error.issues;
      throw new IsopodError('InvalidArgument', `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
    }
    const wanted = read.data.events.filter((one) => this.#wants(one));
    await Promise.all(wanted.map((one) => delivery.accept({ events: [one] })));
    return { status: 202, body: { accepted: wanted.length, filtered: read.data.events.length - wanted.length } };
  }

  #wants({ eventName, eventVersion, resource, eventParameter }: CdnEvent): boolean {
    const { filter, ...config } = this.#config;
    if (eventName !== config.eventName || eventVersion !== config.eventVersion) return false;
    return Object.entries(filter).every(([name, values]) =>
      values.includes(String(eventParameter[name] ?? resource[name])),
    );
  }

  async stop(): Promise<void> {
    this.#remove?.();
  }

  status(): SourceStatus {
    return { lag: 0 };
  }
}
