import t from 'tap';
import { createEngine, type Engine, type LaneSetting } from '../../lib/index.ts';
import { CERTIFICATE, define, echo, serve, serveTls } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];
const VALUE = 'sk-hush-hush';
let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1, outbound: { lookup: async () => ['127.0.0.1'], ca: [CERTIFICATE] } });
});
t.after(() => engine.close());

const network = (hosts: string[]) => ({
  allow: ['*:*'],
  allowPrivate: true,
  secrets: { API_KEY: { value: VALUE, hosts } },
});
const SEND = `const { API_KEY } = process.env;
  const filled = (text) => text?.replaceAll('$KEY', API_KEY);
  const headers = Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name, filled(value)]));
  return failure(fetch(filled(event.url), { headers, method: event.body ? 'POST' : 'GET', body: filled(event.body) }).then((r) => r.text()).then((text) => text.includes('"url"') ? JSON.parse(text) : text));`;

for (const lane of lanes) {
  t.test(`${lane}: a secret reaches the host it is for, and the guest never has it`, async (t) => {
    const port = await serveTls(t, echo);
    const name = await define(engine, lane, SEND, network(['a.test', '*.a.test']));
    const ask = (url: string, headers: object) => engine.invoke(name, { url, headers });
    t.match(await ask(`https://a.test:${port}/x`, { authorization: 'Bearer $KEY' }), {
      none: { url: '/x', headers: { authorization: `Bearer ${VALUE}` } },
    });
    t.match(await ask(`https://deep.a.test:${port}/`, { a: '$KEY,$KEY', b: 'none' }), {
      none: { headers: { a: `${VALUE},${VALUE}`, b: 'none' } },
    });
    const env = await define(
      engine,
      lane,
      'return [process.env.API_KEY, JSON.stringify(process.env), JSON.stringify(context)];',
      network(['a.test']),
    );
    const seen = (await engine.invoke(env)) as string[];
    t.match(seen[0], /^isopod-secret:API_KEY:[\da-f]{32}$/);
    t.notMatch(seen.join(), VALUE);
    t.notMatch(JSON.stringify([engine.getFunction(name), engine.listFunctions(), engine.stats()]), VALUE);
    t.same(engine.getFunction(name).network?.secrets, { API_KEY: ['a.test', '*.a.test'] });
    await engine.updateFunction(env, { description: 'again' });
    t.not(((await engine.invoke(env)) as string[])[0], seen[0], 'a placeholder is as old as its function');
  });

  t.test(`${lane}: a secret for one host is refused to every other, and so is the placeholder`, async (t) => {
    let requests = 0;
    const count = (request: Parameters<typeof echo>[0], response: Parameters<typeof echo>[1]): void => {
      requests++;
      echo(request, response);
    };
    const port = await serveTls(t, count);
    const plain = await serve(t, count);
    const name = await define(engine, lane, SEND, network(['a.test', '127.0.0.1']));
    const key = { 'x-key': '$KEY' };
    const table: [url: string, headers: object, why: RegExp][] = [
      [
        `https://b.test:${port}/`,
        key,
        /The secret API_KEY may not go to b\.test; add the host to network\.secrets\.API_KEY\.hosts/,
      ],
      [`https://x.a.test:${port}/`, key, /may not go to x\.a\.test/],
      [`http://a.test:${plain}/`, key, /may go over https: only/],
      [`https://a.test:${port}/?key=$KEY`, {}, /A secret in a URL is not allowed; put it into a header/],
      [`https://a.test:${port}/%69sopod-secret:API_KEY:1`, {}, /A secret in a URL/],
      [
        `https://a.test:${port}/`,
        { 'x-key': `isopod-secret:API_KEY:${'0'.repeat(32)}` },
        /not, or no longer, of this function/,
      ],
      [`https://a.test:${port}/`, { 'x-key': 'isopod-secret:API' }, /a part of a placeholder/],
    ];
    for (const [url, headers, message] of table) {
      const told = await engine.invoke(name, { url, headers });
      t.match(told, { code: 'NetworkDenied', message }, url);
      t.notMatch(JSON.stringify(told), VALUE);
    }
    t.equal(requests, 0, 'nothing was sent');
    t.match(
      await engine.invoke(name, { url: `http://127.0.0.1:${plain}/`, headers: key }),
      { none: { headers: { 'x-key': VALUE } } },
      'plain http stays on this machine',
    );
    const body = (await engine.invoke(name, { url: `https://a.test:${port}/`, body: '$KEY' })) as {
      none: { body: string };
    };
    t.match(body.none.body, /^isopod-secret:API_KEY:/, 'bodies go as they are');
  });

  t.test(`${lane}: a redirect carries a secret to the same origin only`, async (t) => {
    const port: number = await serveTls(t, (request, response) => {
      const to = new URL(request.url as string, 'http://x').searchParams.get('to');
      if (to === null) echo(request, response);
      else response.writeHead(307, { location: to }).end();
    });
    const name = await define(engine, lane, SEND, network(['a.test', 'deep.a.test']));
    const ask = (to: string) =>
      engine.invoke(name, {
        url: `https://a.test:${port}/?to=${encodeURIComponent(to)}`,
        headers: { 'x-key': '$KEY', authorization: 'mine', 'x-fine': '1' },
      });
    t.match(await ask('/same'), { none: { url: '/same', headers: { 'x-key': VALUE, authorization: 'mine' } } });
    for (const host of ['b.test', 'deep.a.test']) {
      const { none } = (await ask(`https://${host}:${port}/away`)) as {
        none: { url: string; headers: Record<string, string> };
      };
      t.match(none, { url: '/away', headers: { 'x-fine': '1' } });
      t.same([none.headers['x-key'], none.headers.authorization], [undefined, undefined], host);
    }
  });

  t.test(`${lane}: errors and logs of a function with a secret do not tell it`, async (t) => {
    const name = await define(
      engine,
      lane,
      'console.log(process.env); await fetch("https://b.test/", { headers: { "x-key": process.env.API_KEY } });',
      network(['a.test']),
    );
    const status: { logs?: string[] } = {};
    const error: unknown = await engine.invoke(name, undefined, { status }).catch((thrown: unknown) => thrown);
    t.match(error, { code: 'UnhandledInvocationError' });
    t.notMatch(JSON.stringify([error, (error as Error).stack, status]), VALUE);
    t.match(status.logs?.join(), 'isopod-secret:API_KEY');
  });
}

t.test('a module may look for its secret while it loads', async (t) => {
  const port = await serveTls(t, echo);
  await engine.createFunction({
    functionName: 'eager',
    timeout: 60,
    network: network(['a.test']),
    code: {
      source:
        'const key = process.env.API_KEY; if (!key) throw new Error("no key"); export const handler = async (url) => (await (await fetch(url, { headers: { key } })).json()).headers.key;',
    },
  });
  t.equal(await engine.invoke('eager', `https://a.test:${port}/`), VALUE);
});
