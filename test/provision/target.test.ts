/** What provision configs come to at a moment: no clock, no instances. */
import t from 'tap';
import { checkProvisionConfig, checkScalingConfig } from '../../lib/provision/config.ts';
import { targetAt, trackedAt } from '../../lib/provision/target.ts';
import { Usage } from '../../lib/provision/usage.ts';
import type { ProvisionConfig, ScalingConfig } from '../../lib/types.ts';

const at = (time: string): number => Date.parse(time);
const targetOf = (config: ProvisionConfig, time: string): number =>
  targetAt(checkProvisionConfig(config).rules, at(time), 0, undefined);

t.test('without rules the default target counts, or target, its old name', (t) => {
  t.equal(targetOf({}, '2026-05-06T00:00:00Z'), 0);
  t.equal(targetOf({ target: 3 }, '2026-05-06T00:00:00Z'), 3);
  t.equal(targetOf({ target: 3, defaultTarget: 4 }, '2026-05-06T00:00:00Z'), 4);
  t.end();
});

t.test('the action that fired last sets the target, in its time zone and window', (t) => {
  const scheduledActions = [
    { name: 'up', target: 10, scheduleExpression: 'cron(0 0 8 * * *)', timeZone: 'Asia/Shanghai' },
    { name: 'down', target: 2, scheduleExpression: 'cron(0 0 20 * * *)', timeZone: 'Asia/Shanghai' },
  ];
  const config = { defaultTarget: 1, scheduledActions };
  t.equal(targetOf(config, '2026-05-05T23:59:59Z'), 2, '07:59:59 there');
  t.equal(targetOf(config, '2026-05-06T00:00:00Z'), 10, '08:00 there');
  t.equal(targetOf(config, '2026-05-06T12:00:00Z'), 2, '20:00 there');
  const window = { startTime: '2026-05-06T00:00:00Z', endTime: '2026-05-07T00:00:00Z' };
  const once = { name: 'x', target: 7, scheduleExpression: 'at(2026-05-06T10:00:00)', ...window };
  const within = { defaultTarget: 1, scheduledActions: [once] };
  t.equal(targetOf(within, '2026-05-06T09:59:59Z'), 1);
  t.equal(targetOf(within, '2026-05-06T10:00:00Z'), 7);
  t.equal(targetOf(within, '2026-05-07T00:00:00Z'), 1, 'the window is over');
  const before = { ...once, scheduleExpression: 'cron(0 0 1 * * *)' };
  t.equal(
    targetOf({ defaultTarget: 1, scheduledActions: [before] }, '2026-05-06T00:30:00Z'),
    1,
    'it fired before its window',
  );
  t.equal(targetOf({ defaultTarget: 1, scheduledActions: [before] }, '2026-05-06T01:30:00Z'), 7);
  t.end();
});

t.test('of actions that fire at the same moment the greatest counts', (t) => {
  const scheduledActions = [5, 9, 3].map((target) => ({
    name: `${target}`,
    target,
    scheduleExpression: 'cron(0 0 8 * * *)',
  }));
  t.equal(targetOf({ scheduledActions }, '2026-05-06T09:00:00Z'), 9);
  t.end();
});

t.test('tracking follows what is used: up at once, down step by step, within its bounds and window', (t) => {
  const policy = { window: { from: undefined, until: undefined }, metricTarget: 0.5, min: 1, max: 20 };
  t.equal(trackedAt(policy, 4, { lately: 1, minute: 0.2 }), 8);
  t.equal(trackedAt(policy, 4, { lately: 0.6, minute: 0.6 }), 5);
  t.equal(trackedAt(policy, 15, { lately: 1, minute: 1 }), 20);
  t.equal(trackedAt(policy, 8, { lately: 0.5, minute: 0.5 }), 8);
  t.equal(trackedAt(policy, 8, { lately: 0.1, minute: 0.6 }), 8, 'a pause is no reason');
  t.equal(trackedAt(policy, 8, { lately: 0, minute: 0.25 }), 6);
  t.equal(trackedAt(policy, 8, { lately: 0, minute: 0 }), 4);
  t.equal(trackedAt(policy, 1, { lately: 0, minute: 0 }), 1);
  t.equal(trackedAt(policy, 0, undefined), 1, 'the least from the beginning');
  const tracking = { name: 'x', metricType: 'ProvisionedConcurrencyUtilization', metricTarget: 0.5 } as const;
  const targetTrackingPolicies = [{ ...tracking, minCapacity: 3, maxCapacity: 9, endTime: '2026-05-06T00:00:00Z' }];
  t.equal(targetOf({ defaultTarget: 1, targetTrackingPolicies }, '2026-05-05T00:00:00Z'), 3);
  t.equal(targetOf({ defaultTarget: 1, targetTrackingPolicies }, '2026-05-06T00:00:00Z'), 1);
  t.equal(targetOf({ defaultTarget: 5, targetTrackingPolicies }, '2026-05-05T00:00:00Z'), 5, 'the greatest counts');
  t.end();
});

t.test('usage is an average of the last looks; calls without an instance use all there is', (t) => {
  const usage = new Usage();
  t.equal(usage.measured, undefined);
  for (let look = 0; look < 100; look++) usage.note(look < 95 ? 0 : 3, 2);
  t.same(usage.measured, { lately: 1, minute: 5 / 60 });
  const none = new Usage();
  none.note(1, 0);
  t.equal(none.measured?.lately, 1);
  t.end();
});

t.test('what is wrong with a config is said, with its place', (t) => {
  const action = { name: 'x', target: 1, scheduleExpression: 'cron(0 0 8 * * *)' };
  const tracking = {
    name: 'x',
    metricType: 'ProvisionedConcurrencyUtilization',
    metricTarget: 0.5,
    minCapacity: 1,
    maxCapacity: 2,
  };
  const wrong: [object, RegExp][] = [
    [{ target: -1 }, /target: .*>=0, got -1/],
    [{ target: 10_001 }, /target/],
    [{ nonsense: 1 }, /nonsense/],
    [
      { scheduledActions: [{ ...action, scheduleExpression: 'rate(1 minute)' }] },
      /scheduledActions\.0: a scheduleExpression is/,
    ],
    [{ scheduledActions: [{ ...action, scheduleExpression: 'cron(0 8 * * *)' }] }, /scheduledActions\.0: .*6 parts/],
    [
      { scheduledActions: [{ ...action, scheduleExpression: 'at(tomorrow)' }] },
      /scheduledActions\.0: a time looks like/,
    ],
    [{ scheduledActions: [{ ...action, timeZone: 'No/Where' }] }, /scheduledActions\.0: .*No\/Where/],
    [
      { scheduledActions: [{ ...action, startTime: '2026-05-06T00:00:00Z', endTime: '2026-05-05T00:00:00Z' }] },
      /endTime must be after/,
    ],
    [
      { targetTrackingPolicies: [{ ...tracking, metricType: 'CPUUtilization' }] },
      /targetTrackingPolicies\.0\.metricType: must be "Prov.*got "CPU/,
    ],
    [{ targetTrackingPolicies: [{ ...tracking, minCapacity: 3 }] }, /the least \(3\) is more than the most \(2\)/],
    [{ targetTrackingPolicies: [{ ...tracking, metricTarget: 0 }] }, /metricTarget/],
  ];
  for (const [config, message] of wrong) {
    t.throws(
      () => checkProvisionConfig(config as ProvisionConfig),
      { code: 'InvalidArgument', message },
      JSON.stringify(config),
    );
  }
  t.throws(() => checkScalingConfig({ minInstances: 1.5 } as ScalingConfig), {
    code: 'InvalidArgument',
    message: /minInstances/,
  });
  t.end();
});
