/** A sign-up checked: pipes, unions, transforms, async checks, defaults and flattened problems. */
import * as v from 'valibot';

const SignUp = v.pipe(
  v.strictObject({
    email: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.email('no address')),
    age: v.optional(v.pipe(v.number(), v.integer(), v.minValue(18)), 18),
    kind: v.picklist(['person', 'company']),
    tags: v.pipe(v.array(v.pipe(v.string(), v.maxLength(3))), v.maxLength(2)),
    since: v.pipe(
      v.string(),
      v.isoDate(),
      v.transform((text) => new Date(text)),
    ),
    password: v.string(),
    again: v.string(),
  }),
  v.forward(
    v.partialCheck([['password'], ['again']], ({ password, again }) => password === again, 'differ'),
    ['again'],
  ),
);
const Pay = v.variant('type', [
  v.object({ type: v.literal('card'), number: v.pipe(v.string(), v.creditCard()) }),
  v.object({ type: v.literal('cash') }),
]);
const Tree = v.object({ name: v.string(), children: v.lazy(() => v.array(Tree)) });

const check = (schema, value) => {
  const { success, output, issues } = v.safeParse(schema, value);
  return success ? output : v.flatten(issues);
};
const good = {
  email: ' Ada@Example.com ',
  kind: 'person',
  tags: ['a'],
  since: '2026-04-07',
  password: 'x',
  again: 'x',
};

export const handler = async () => ({
  good: check(SignUp, good),
  bad: check(SignUp, { ...good, email: 'x', age: 3.5, kind: 'cat', tags: ['long', 'b', 'c'], extra: 1 }),
  differ: check(SignUp, { ...good, again: 'y' }),
  pay: [
    check(Pay, { type: 'card', number: '4242 4242 4242 4242' }),
    check(Pay, { type: 'card', number: '1' }),
    check(Pay, { type: 'bank' }),
  ],
  tree: check(Tree, { name: 'a', children: [{ name: 'b', children: [{}] }] }),
  later: await v
    .safeParseAsync(
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (text) => text !== 'taken', 'taken'),
      ),
      'taken',
    )
    .then(({ issues }) => issues?.map(({ message }) => message)),
  fallback: v.parse(v.fallback(v.number(), 7), 'x'),
  record: check(v.record(v.pipe(v.string(), v.length(2)), v.union([v.number(), v.null()])), { ab: 1, c: 'x' }),
  is: [
    v.is(v.bigint(), 5n),
    v.is(v.map(v.string(), v.number()), new Map([['a', 1]])),
    v.is(v.instance(Date), new Date(0)),
  ],
});
