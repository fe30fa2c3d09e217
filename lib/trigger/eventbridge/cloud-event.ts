/** CloudEvents 1.0 as EventBridge gives them to functions: with its extension attributes. */
import { randomUUID } from 'node:crypto';
import type { TriggerContext } from '../trigger.ts';

export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data?: unknown;
  readonly [attribute: string]: unknown;
}

export interface Facts {
  readonly id?: string | undefined;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly data: unknown;
  /** Milliseconds since the epoch. */
  readonly time?: number | undefined;
}

export function cloudEvent({ arn, triggerName }: TriggerContext, facts: Facts): CloudEvent {
  const { id = randomUUID(), source, type, subject, data, time = Date.now() } = facts;
  return {
    id,
    source,
    specversion: '1.0',
    type,
    datacontenttype: 'application/json; charset=utf-8',
    subject,
    time: new Date(time).toISOString(),
    ...extensions(arn, triggerName),
    data,
  };
}

export const extensions = ({ accountId, region }: TriggerContext['arn'], eventBusName: string): object => ({
  aliyunaccountid: accountId,
  aliyunpublishtime: new Date().toISOString(),
  aliyunoriginalaccountid: accountId,
  aliyuneventbusname: eventBusName,
  aliyunregionid: region,
  aliyunpublishaddr: '127.0.0.1',
});

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a message as text where they are UTF-8, as base64 and with a mark where they are not. */
export function bodyOf(bytes: Uint8Array): { readonly body: string; readonly isBase64Encoded?: true } {
  try {
    return { body: UTF8.decode(bytes) };
  } catch {
    return { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
  }
}
