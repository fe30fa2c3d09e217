/** Where requests get to, when names, redirects and other functions' connections try to lead them elsewhere. */
import t from 'tap';
import { createEngine, type LaneSetting, type NetworkConfig } from '../../lib/index.ts';
import { define, echo, serve } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];
const FETCH =
  'return failure(fetch(event.url ?? event, event.init).then(async (r) => ({ url: r.url, redirected: r.redirected, status: r.status, location: r.headers.get("location"), body: await r.text() })));';

/** An engine whose names resolve as `answers` says, one list after the other; the last one stays. */
async function resolving(answers: Record<string, string[][]>) {
  const asked: string[] = [];
  const engine = await createEngine({
    workers: 1,
    outbound: {
      lookup: async (host) => {
        asked.push(host);
        const lists = answers[host];
        if (lists === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        return (lists.length > 1 ? lists.shift() : lists[0]) as string[];
      },
    },
  });
  return { engine, asked, [Symbol.asyncDispose]: () => engine.close() };
}

for (const lane of lanes) {
  t.test(`${lane}: a name is resolved once per connection, and what it resolves to is what is checked`, async (t) => {
    const port = await serve(t, (request, response) =>
      response.setHeader('connection', 'close').end(request.headers.host),
    );
    await using network = await resolving({
      'rebinding.test': [['127.0.0.1'], ['127.0.0.2'], ['10.0.0.1'], ['127.0.0.1']],
      'mixed.test': [['127.0.0.1', '169.254.169.254']],
      'mapped.test': [['::ffff:10.0.0.1']],
      'metadata.test': [['169.254.169.254']],
      'empty.test': [[]],
      'nonsense.test': [['not an address']],
    });
    const name = await define(network.engine, lane, FETCH, { allow: ['*:*'], allowPrivate: ['127.0.0.1'] });
    const ask = (host: string) => network.engine.invoke(name, `http://${host}:${port}/`);
    t.match(await ask('rebinding.test'), { none: { status: 200, body: `rebinding.test:${port}` } });
    t.match(await ask('rebinding.test'), {
      code: 'NetworkDenied',
      message: /"rebinding\.test" resolves to a loopback address/,
    });
    t.match(await ask('rebinding.test'), { code: 'NetworkDenied', message: /resolves to a private address/ });
    t.match(await ask('REBINDING.test.'), { none: { status: 200 } });
    t.same(
      network.asked,
      Array.from({ length: 4 }, () => 'rebinding.test'),
    );
    t.match(await ask('mixed.test'), { code: 'NetworkDenied', message: /metadata/ }, 'one bad address spoils the name');
    t.match(await ask('mapped.test'), { code: 'NetworkDenied', message: /private/ });
    t.match(await ask('metadata.test'), { code: 'NetworkDenied', message: /metadata/ });
    t.match(await ask('nonsense.test'), { code: 'NetworkDenied' });
    t.match(await ask('empty.test'), { code: 'NetworkFailed', message: /has no address/ });
    t.match(await ask('unknown.test'), { code: 'NetworkFailed', message: /ENOTFOUND/ });
    for (const host of [
      '[::1]',
      '0',
      '127.1.1.1',
      '2130706434',
      '[::ffff:10.0.0.1]',
      '[fe80::1]',
      '[fd00:ec2::254]',
      '169.254.169.254',
      '0x7f.2',
    ])
      t.match(await ask(host), { code: 'NetworkDenied' }, host);
  });

  t.test(`${lane}: every redirect is checked as the first request was`, async (t) => {
    const other = await serve(t, echo);
    const port = await serve(t, (request, response) => {
      const to = new URL(request.url as string, 'http://x').searchParams.get('to');
      if (to === null) return echo(request, response);
      response.writeHead(302, { location: to }).end('moved');
    });
    await using network = await resolving({ 'a.test': [['127.0.0.1']], 'private.test': [['10.0.0.1']] });
    const name = await define(network.engine, lane, FETCH, {
      allow: ['a.test:*', 'private.test', '*', `127.0.0.1:${other}`],
      allowPrivate: ['127.0.0.1'],
    });
    const ask = (to: string, redirect = 'follow') =>
      network.engine.invoke(name, { url: `http://a.test:${port}/?to=${encodeURIComponent(to)}`, init: { redirect } });
    t.match(await ask('/here#x'), { none: { url: `http://a.test:${port}/here`, redirected: true, status: 200 } });
    t.match(await ask(`http://127.0.0.1:${other}/`), { none: { url: `http://127.0.0.1:${other}/`, redirected: true } });
    for (const to of [
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/',
      'http://private.test/',
      'http://[::1]/',
      'http://[::ffff:169.254.169.254]/',
      `http://b.test:${port}/`,
      `http://u:p@a.test:${port}/`,
      'file:///etc/passwd',
      'ftp://a.test/',
    ])
      t.match(await ask(to), { code: 'NetworkDenied' }, to);
    t.match(await ask('http://'), { code: 'NetworkFailed', message: /redirects to something that is no URL/ });
    t.match(await ask('/here', 'error'), {
      code: 'NetworkFailed',
      message: /redirects, which the request does not allow/,
    });
    t.match(await ask('http://10.0.0.1/', 'manual'), {
      none: { status: 302, redirected: false, location: 'http://10.0.0.1/', body: 'moved' },
    });
    const loop = await serve(t, (_request, response) => response.writeHead(301, { location: '/again' }).end());
    t.match(await network.engine.invoke(name, `http://a.test:${loop}/`), {
      code: 'NetworkFailed',
      message: /redirects more than 20 times/,
    });
  });

  t.test(`${lane}: a connection one function may use does not serve another that may not`, async (t) => {
    const port = await serve(t, echo);
    await using network = await resolving({ 'a.test': [['127.0.0.1']] });
    const granted: NetworkConfig = { allow: ['*:*'], allowPrivate: ['a.test'] };
    const may = await define(network.engine, lane, FETCH, granted);
    const mayNot = await define(network.engine, lane, FETCH, { allow: ['*:*'] });
    const url = `http://a.test:${port}/`;
    const both = () => Promise.all([network.engine.invoke(may, url), network.engine.invoke(mayNot, url)]);
    for (let round = 0; round < 3; round++) {
      const [yes, no] = await both();
      t.match(yes, { none: { status: 200 } });
      t.match(no, { code: 'NetworkDenied' });
    }
    t.equal(network.asked.length, 4, 'the first function kept its connection');
    await network.engine.updateFunction(may, { network: { allow: ['*:*'] } });
    t.match(await network.engine.invoke(may, url), { code: 'NetworkDenied' }, 'a grant taken back is gone at once');
  });
}
