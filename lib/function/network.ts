/** Checks what `network` of a declaration says; units and bounds are told at `NetworkConfig`. */
import { z } from 'zod';

/** A request outlasts the longest call a little, so that a call over its time is told so. */
const AFTER_CALL_MS = 1_000;

import { parseRule } from '../outbound/rules.ts';

const MAX_RULES = 1_000;

const rules = (isGood: (text: string) => boolean, message: string, least = 0) =>
  z.array(z.string().max(300).refine(isGood, message)).min(least).max(MAX_RULES).readonly();

const allow = rules(
  (text) => parseRule(text) !== undefined,
  'must be a rule such as "api.example.com", "*.example.org", "https://x.example:8443", "203.0.113.0/24" or "*"',
);
const allowPrivate = rules((text) => {
  const rule = parseRule(text);
  return rule !== undefined && rule.protocol === undefined && rule.suffix !== '';
}, 'must be an address range such as "10.0.0.0/8" or a name such as "db.internal", without a scheme; true stands for all');
const hosts = rules(
  (text) => {
    const rule = parseRule(text);
    return rule !== undefined && rule.protocol === undefined && rule.ports === undefined && rule.suffix !== '';
  },
  'must be a host such as "api.example.com" or "*.example.org", without scheme and port',
  1,
);

const whole = (least: number, most: number) => z.number().int().min(least).max(most);

export const network = z.strictObject({
  allow,
  allowPrivate: z.union([z.boolean(), allowPrivate]).default(false),
  maxRequests: whole(1, 10_000).default(50),
  maxConcurrent: whole(1, 1_000).default(6),
  maxRequestBytes: whole(0, 268_435_456).default(6_291_456),
  maxResponseBytes: whole(0, 17_179_869_184).default(33_554_432),
  timeoutMs: z.number().min(1).max(86_400_000).optional(),
  secrets: z
    .record(
      z.string().regex(/^[A-Za-z_]\w{0,127}$/, 'names are letters, digits and _, not starting with a digit'),
      z.strictObject({
        value: z.string().regex(/^[\x20-\x7e]{1,8192}$/, 'must be 1-8,192 printable ASCII characters'),
        hosts,
      }),
    )
    .default({}),
});

/** As long as a call, or the initializer, may take. */
export function defaultTimeoutMs(checked: {
  readonly timeout: number;
  readonly instanceLifecycleConfig: { readonly initializer?: { readonly timeout: number } | undefined };
}): number {
  return Math.max(checked.timeout, checked.instanceLifecycleConfig.initializer?.timeout ?? 0) * 1_000 + AFTER_CALL_MS;
}
