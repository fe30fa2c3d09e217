/** `isopod triggers` and `isopod trigger test` against a host, whose server also takes posts to triggers. */
import t from 'tap';
import { serve } from '../http/served.ts';
import { isopod } from './command.ts';

t.test('triggers of a host are listed and tried, and posts reach them', async (t) => {
  await using served = await serve({ anonymous: true });
  const { engine, base } = served;
  const got = Promise.withResolvers<unknown>();
  await engine.createFunction({
    functionName: 'f',
    code: {
      source: `export const handler = async (event, context) => {
        if (event.data?.posted) await context.bindings.told.to(event);
        return event.type;
      };`,
    },
    bindings: { told: { to: async (event: unknown) => got.resolve(event) } },
  });
  const empty = await isopod(['triggers', '--server', base]);
  t.match(empty, { code: 0, out: /There are no triggers/ });
  await engine.createTrigger('f', { triggerName: 'bus', triggerType: 'eventbridge' });
  const response = await fetch(`${base}/hooks/f/bus`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ specversion: '1.0', id: '1', source: 's', type: 't', data: { posted: true } }),
  });
  t.equal(response.status, 202);
  t.match(await got.promise, { id: '1', type: 't' });
  while (engine.getTrigger('f', 'bus').status.events === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const [listed, tried, given, missing] = await Promise.all([
    isopod(['triggers', '--server', base]),
    isopod(['trigger', 'test', 'f', 'bus', '--server', base, '--json']),
    isopod(['trigger', 'test', 'f', 'bus', '--server', base, '--event', '{"type":"mine"}']),
    isopod(['trigger', 'test', 'f', 'nothing', '--server', base]),
  ]);
  t.match(listed.out, /f +bus +eventbridge +running +0 +1 +0/);
  t.match(JSON.parse(tried.out), { event: { type: 'isopod:Trigger:Test' }, result: 'isopod:Trigger:Test' });
  t.match(given.out, /result +mine/);
  t.match(missing, { err: /TriggerNotFound/ });
  t.not(missing.code, 0);
});
