/** EventBridge triggers: events of the bus, of queues and of message servers, with filters, windows and retries. */
import { IsopodError } from '../../errors.ts';
import { backoffMs, pause } from '../backoff.ts';
import { asksDelivery, deliverTo } from '../message/delivery-targets.ts';
import { sourceError } from '../source-error.ts';
import type { SourceStatus, Trigger, TriggerContext, TriggerKind } from '../trigger.ts';
import { checkSender } from '../webhook/sender.ts';
import { hookPath, Webhooks } from '../webhook/webhooks.ts';
import { putEvents } from './bus.ts';
import { cloudEvent } from './cloud-event.ts';
import { cloudEventsOf } from './cloud-events-http.ts';
import { type EventBridgeConfig, eventBridgeConfig } from './config.ts';
import { Pump } from './pump.ts';
import type { MessageSource } from './source.ts';
import { sourceOf } from './sources.ts';

/** Milliseconds for which a source's word on its lag holds. */
const LAG_MS = 2_000;
/** Milliseconds `createTrigger` waits for a server that does not answer. */
const FIRST_TRY_MS = 5_000;
/** First and longest wait before a server is tried again; milliseconds. */
const RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

export const eventBridge: TriggerKind<EventBridgeConfig> = {
  config: eventBridgeConfig,
  create: (context, config) => new EventBridgeTrigger(context, config),
  enabled: ({ triggerEnable }) => triggerEnable,
  // A broker lets one client of a name in, and gives a message to each.
  isSingle: (_context, { eventSourceConfig }) => eventSourceConfig.eventSourceType === 'MQTT',
  sample: (context, { eventSinkConfig, runOptions }) => {
    const event = cloudEvent(context, {
      source: 'isopod.test',
      type: 'isopod:Trigger:Test',
      subject: context.triggerName,
      data: { hello: 'world' },
    });
    const told = eventSinkConfig.deliveryOption.eventSchema === 'RawData' ? event.data : event;
    return runOptions.mode === 'event-streaming' ? [told] : told;
  },
};

class EventBridgeTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #config: EventBridgeConfig;
  readonly #source: MessageSource;
  readonly #pump: Pump;
  #trouble: SourceStatus['trouble'];
  #unhook: (() => void) | undefined;
  #loop: Promise<void> = Promise.resolve();
  #lag: number | undefined;
  #lagAskedAt = 0;

  constructor(context: TriggerContext, config: EventBridgeConfig) {
    this.#context = context;
    this.#config = config;
    const arn = config.runOptions.deadLetterQueue?.Arn;
    if (arn !== undefined && !asksDelivery(arn)) {
      throw new IsopodError(
        'InvalidArgument',
        `deadLetterQueue.Arn: must look like acs:mns:{region}:{account}:/queues/{name}/messages, got ${arn.slice(0, 200)}`,
      );
    }
    this.#source = sourceOf(context, config);
    this.#pump = new Pump({
      context,
      config,
      bury:
        arn === undefined
          ? undefined
          : async ({ event }, { code, message }) => {
              const error = { errorCode: code, errorMessage: message };
              await deliverTo(
                context.services,
                arn,
                JSON.stringify({ ...event, ...deadLetterFacts(context), ...error }),
              );
            },
    });
  }

  /** Resolves when the source is connected or could not be reached, or after a while. */
  async start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#loop = this.#run(tried.resolve);
    const timer = setTimeout(tried.resolve, FIRST_TRY_MS);
    await tried.promise;
    clearTimeout(timer);
    if (this.#config.eventSourceConfig.eventSourceType === 'Default') this.#hook();
  }

  /** CloudEvents that are posted go to the bus, and so to every trigger of it. Answers when they are kept. */
  #hook(): void {
    const { services, functionName, triggerName } = this.#context;
    const { webhookSecret, eventSourceConfig } = this.#config;
    const bus = eventSourceConfig.eventSourceParameters.sourceEventBusParameters?.EventBusName ?? 'default';
    this.#unhook = Webhooks.of(services).add(hookPath(functionName, triggerName), async (post) => {
      checkSender(post, webhookSecret, Date.now());
      const events = cloudEventsOf(post);
      if (events.length > 0) await putEvents(services, bus, events);
      return { status: 202, body: { accepted: events.length } };
    });
  }

  async #run(tried: () => void): Promise<void> {
    const { delivery, log, functionName, triggerName } = this.#context;
    const { signal } = delivery;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#source.run(this.#pump.take, this.#pump.prefetch, signal, () => {
          failures = 0;
          this.#trouble = undefined;
          tried();
        });
        if (!signal.aborted) throw new IsopodError('SourceFailed', 'The server ended the connection');
      } catch (thrown) {
        if (signal.aborted) return;
        const error = sourceError(thrown);
        this.#trouble = delivery.failed(error);
        if (failures === 0)
          log.warn('A trigger lost its source, and tries again', {
            functionName,
            triggerName,
            code: error.code,
            reason: error.message,
          });
        tried();
        await pause(backoffMs(++failures, RETRY_MS, LONGEST_RETRY_MS), signal);
      }
    }
  }

  async stop(): Promise<void> {
    this.#unhook?.();
    await this.#pump.stop();
    await this.#loop;
    await this.#pump.stop();
  }

  async forget(): Promise<void> {
    await this.#source.forget?.();
  }

  status(): SourceStatus {
    const now = Date.now();
    if (this.#source.lag !== undefined && now - this.#lagAskedAt > LAG_MS && this.#trouble === undefined) {
      this.#lagAskedAt = now;
      this.#source.lag().then(
        (lag) => {
          this.#lag = lag;
        },
        () => {
          this.#lag = undefined;
        },
      );
    }
    return { lag: this.#lag === undefined ? this.#pump.inHand : this.#lag, trouble: this.#trouble };
  }
}

const deadLetterFacts = ({ functionName, triggerName }: TriggerContext): object => ({
  deadletterfunction: functionName,
  deadlettertrigger: triggerName,
});
