/** CloudEvents 1.0 as they come over HTTP: binary, structured, and batches. Pure. */
import { IsopodError } from '../../errors.ts';
import { headerOf, jsonOf, type Post } from '../webhook/webhooks.ts';
import { bodyOf, type CloudEvent } from './cloud-event.ts';

/** Throws `InvalidArgument`, naming what is missing. */
export function cloudEventsOf(post: Post): CloudEvent[] {
  const type = (headerOf(post, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/cloudevents-batch+json') {
    const batch = jsonOf(post.body);
    if (!Array.isArray(batch)) throw new IsopodError('InvalidArgument', 'A batch of CloudEvents is an array');
    return batch.map(checked);
  }
  if (type === 'application/cloudevents+json') return [checked(jsonOf(post.body))];
  if (headerOf(post, 'ce-specversion') === undefined) {
    throw new IsopodError(
      'InvalidArgument',
      'This is no CloudEvent: send ce-* headers, or application/cloudevents+json or application/cloudevents-batch+json',
    );
  }
  return [checked(binary(post, type))];
}

function binary(post: Post, type: string | undefined): object {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(post.headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') attributes[name.slice(3)] = decoded(value);
  }
  if (post.body.length === 0) return attributes;
  const isJson = type === undefined || type === '' || type === 'application/json' || type.endsWith('+json');
  const contentType = type === undefined || type === '' ? {} : { datacontenttype: type };
  if (isJson) return { ...attributes, ...contentType, data: jsonOf(post.body) };
  const { body, isBase64Encoded } = bodyOf(post.body);
  return { ...attributes, ...contentType, ...(isBase64Encoded === true ? { data_base64: body } : { data: body }) };
}

/** Header values are percent-encoded where they are not plain. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function checked(value: unknown): CloudEvent {
  const event = value as Partial<CloudEvent> | null;
  if (typeof event !== 'object' || event === null)
    throw new IsopodError('InvalidArgument', 'A CloudEvent is an object');
  if (event.specversion !== '1.0') {
    throw new IsopodError('InvalidArgument', `specversion: must be "1.0", got ${JSON.stringify(event.specversion)}`);
  }
  for (const name of ['id', 'source', 'type'] as const) {
    if (typeof event[name] === 'string' && event[name] !== '') continue;
    throw new IsopodError('InvalidArgument', `${name}: a CloudEvent needs one`);
  }
  return event as CloudEvent;
}
