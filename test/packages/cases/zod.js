/** Webhook events of two kinds: schemas, transforms, unions, refinements, defaults and readable problems. */
import { z } from 'zod';

const Money = z.object({ amount: z.coerce.number().positive(), currency: z.enum(['EUR', 'USD']).default('EUR') });
const Event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('paid'), at: z.iso.datetime(), money: Money }),
  z.object({ type: z.literal('refund'), at: z.iso.datetime(), money: Money, reason: z.string().trim().min(3) }),
]);
const Account = z
  .strictObject({
    email: z.email().transform((text) => text.toLowerCase()),
    tags: z.array(z.string()).max(2),
    password: z.string(),
    again: z.string(),
  })
  .refine(({ password, again }) => password === again, { message: 'passwords differ', path: ['again'] });
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});

const problems = (schema, value) => {
  const result = schema.safeParse(value);
  return result.success ? result.data : result.error.issues.map(({ code, path, message }) => ({ code, path, message }));
};

export const handler = async () => ({
  paid: problems(Event, { type: 'paid', at: '2026-04-07T10:00:00Z', money: { amount: '12.5' } }),
  short: problems(Event, { type: 'refund', at: 'yesterday', money: { amount: -1, currency: 'GBP' }, reason: ' x ' }),
  unknown: problems(Event, { type: 'lost' }),
  account: problems(Account, { email: 'Ada@Example.com', tags: ['a'], password: 'x', again: 'x' }),
  strict: problems(Account, { email: 'no', tags: ['a', 'b', 'c'], password: 'x', again: 'y', admin: true }),
  tree: problems(Tree, { name: 'a', children: [{ name: 'b', children: [] }] }),
  asynchronous: await z
    .string()
    .refine(async (text) => text.length > 2, 'too short')
    .safeParseAsync('ab')
    .then(({ error }) => z.treeifyError(error)),
  schema: z.toJSONSchema(Money),
  pretty: z.prettifyError(Account.safeParse({}).error),
});
