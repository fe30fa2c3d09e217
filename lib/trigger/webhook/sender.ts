/** Whether a post comes from who it should: a shared secret as a bearer token, or a signature (Standard Webhooks). Pure. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { IsopodError } from '../../errors.ts';
import { headerOf, type Post } from './webhooks.ts';

/** Seconds a signed post may be old, or early. */
const TOLERANCE_S = 300;
const LOOPBACK = /^(127\.|::1$)/;

/** Throws `AccessDenied`. Without a secret, posts come from this machine only. */
export function checkSender(post: Post, secret: string | undefined, now: number): void {
  if (secret === undefined) {
    if (LOOPBACK.test(post.remoteAddress)) return;
    throw new IsopodError('AccessDenied', 'The trigger has no webhookSecret, so it takes posts from this machine only');
  }
  const bearer = /^Bearer (.+)$/.exec(headerOf(post, 'authorization') ?? '')?.[1];
  if (bearer !== undefined && same(bearer, secret)) return;
  if (isSigned(post, secret, now)) return;
  throw new IsopodError(
    'AccessDenied',
    'The post is not signed with the secret of the trigger, or its time is off by more than five minutes',
  );
}

function same(a: string, b: string): boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(a), hashOf(b));
}

/** `webhook-signature: v1,{base64 of HMAC-SHA256 over id.timestamp.body}`; the secret may be written `whsec_{base64}`. */
function isSigned(post: Post, secret: string, now: number): boolean {
  const id = headerOf(post, 'webhook-id');
  const time = headerOf(post, 'webhook-timestamp');
  const signatures = headerOf(post, 'webhook-signature');
  if (id === undefined || time === undefined || signatures === undefined) return false;
  if (!(Math.abs(Number(time) - now / 1_000) <= TOLERANCE_S)) return false;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const expected = createHmac('sha256', key).update(`${id}.${time}.`).update(post.body).digest('base64');
  return signatures.split(' ').some((signature) => same(signature, `v1,${expected}`));
}
