/** The engine's own topics: what is published goes to every trigger of the topic. */
import { createHash, randomBytes } from 'node:crypto';
import { Streams } from '../kept/streams.ts';
import type { Services } from '../services.ts';

export interface PublishOptions {
  /** Triggers with a filterTag get messages with that tag only. */
  readonly tag?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

export interface TopicMessage {
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly tag?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

export const topicStream = (topic: string): string => `topic:${topic}`;

/** Resolves with the message's id when it is kept. */
export async function publish(
  services: Services,
  topic: string,
  body: string,
  options: PublishOptions = {},
): Promise<string> {
  const id = randomBytes(16).toString('hex').toUpperCase();
  const md5 = createHash('md5').update(body).digest('hex').toUpperCase();
  const message: TopicMessage = { id, body, md5, ...options };
  await Streams.of(services).append(topicStream(topic), [JSON.stringify(message)]);
  return id;
}
