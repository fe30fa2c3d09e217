/** What a tampered guest could send in place of a host call, and what it gets. */
import t from 'tap';
import { binding } from '../../lib/binding/binding.ts';
import { Grants } from '../../lib/binding/grant.ts';
import type { Definition } from '../../lib/instance/definition.ts';
import { HostCalls } from '../../lib/instance/host-calls.ts';
import { ANSWER_FAILURE } from '../../lib/protocol/door.ts';
import type { Bindings, HostCallContext } from '../../lib/types.ts';

const called: unknown[][] = [];
const contexts: HostCallContext[] = [];
const bindings: Bindings = {
  h: {
    plain: (...args) => called.push(args),
    described: binding({
      quota: { inFlight: 1 },
      call: async (context, ...args) => {
        contexts.push(context);
        return called.push(args);
      },
    }),
  },
};

/** The first answer to a host call; the rest of the instance is made up. */
function make(): { calls: HostCalls; answers: [how: number, value: unknown][] } {
  const answers: [number, unknown][] = [];
  const definition = {
    grants: new Grants(bindings, 1_000),
    declared: { functionName: 'f' },
    bootFacts: { requestPrefix: 'r-', maxResultChars: 1_000 },
    warn: () => undefined,
  } as unknown as Definition;
  const calls = new HostCalls({
    id: 'i-1',
    definition,
    callOf: () => undefined,
    answer: (_id, how, value) => answers.push([how, JSON.parse(value)]),
  });
  return { calls, answers };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('forged names reach nothing', async (t) => {
  const { calls, answers } = make();
  const names = ['__proto__', 'constructor', 'toString', 'valueOf', '', 'h', 'plain', 'nothing'];
  const pairs = names
    .flatMap((one) => names.map((other) => [one, other] as const))
    .filter(([one, other]) => one !== 'h' || other !== 'plain');
  for (const [at, [one, other]] of pairs.entries()) calls.take(at, 16, one, other, '[]');
  await turn();
  t.equal(answers.length, pairs.length);
  t.ok(answers.every(([how, value]) => how === ANSWER_FAILURE && /no binding/.test((value as Error).message)));
  t.same(called, []);
});

t.test('arguments that are no list, or would change a prototype, are refused', async (t) => {
  const deep = `${'['.repeat(100_000)}{"__proto__":1}${']'.repeat(100_000)}`;
  for (const method of ['plain', 'described']) {
    for (const args of [
      '',
      '{}',
      '"x"',
      '1',
      'null',
      '[',
      '%',
      '%[',
      '%{"$":"x"}',
      '[{"__proto__":{"a":1}}]',
      '[[{"a":{"__proto__":1}}]]',
      '%[{"$":{"__proto__":{"a":1}}}]',
      deep,
    ]) {
      const { calls, answers } = make();
      calls.take(1, 2, 'h', method, args);
      await turn();
      t.match(answers, [[ANSWER_FAILURE, { message: String }]], `${method} ${args.slice(0, 40)}`);
    }
  }
  t.same(called, []);
  const { calls } = make();
  calls.take(1, 2, 'h', 'plain', '["\\"__proto__\\""]');
  t.same(called.splice(0), [['"__proto__"']], 'a text that mentions it is only a text');
});

t.test(
  'calls of invocations that do not exist are refused, and nothing is answered once the instance is gone',
  async (t) => {
    const { calls, answers } = make();
    for (const no of [16, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) calls.take(1, no, 'h', 'described', '[]');
    await turn();
    t.match(answers, Array(4).fill([ANSWER_FAILURE, { code: 'InvocationEnded', engine: true }]));
    t.same(called, []);
    answers.length = 0;
    calls.take(2, 3, 'h', 'described', '["x"]');
    calls.take(3, 3, 'h', 'described', '["y"]');
    calls.abandon();
    calls.take(4, 3, 'h', 'plain', '["z"]');
    await turn();
    t.match(
      answers,
      [[ANSWER_FAILURE, { code: 'BindingQuotaExceeded', message: /1 of 1 calls are in flight/ }]],
      'told before the end',
    );
    t.same(called, [['x']]);
    t.equal(contexts[0]?.signal.aborted, true, 'a signal asked for afterwards has been aborted');
    t.equal(contexts[0]?.requestId, 'r-000000000003');
  },
);
