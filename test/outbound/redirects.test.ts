import t from 'tap';
import { type Hop, nextHop } from '../../lib/outbound/redirects.ts';

const hop = (method: string, headers: [string, string][] = []): Hop => ({
  method,
  url: new URL('https://a.example/start'),
  headers,
  body: method === 'GET' || method === 'HEAD' ? undefined : Buffer.from('body'),
});
const to = (location: string): [string, string][] => [['location', location]];

t.test('a redirect keeps the method and the body, or makes it a GET, as the standard says', (t) => {
  const table: [status: number, method: string, then: string][] = [
    [301, 'GET', 'GET'],
    [301, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'POST', 'GET'],
    [302, 'HEAD', 'HEAD'],
    [302, 'DELETE', 'DELETE'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ];
  for (const [status, method, then] of table) {
    const first = hop(method, [
      ['content-type', 'text/plain'],
      ['content-language', 'en'],
      ['x', '1'],
    ]);
    const next = nextHop(first, status, to('/next'));
    t.equal(next?.method, then, `${method} after ${status}`);
    t.equal(next?.url.href, 'https://a.example/next');
    t.equal(next?.body, then === method ? first.body : undefined);
    t.same(
      next?.headers.map(([name]) => name),
      then === method ? ['content-type', 'content-language', 'x'] : ['x'],
    );
  }
  t.end();
});

t.test('what is no redirect is none', (t) => {
  for (const status of [200, 300, 304, 305, 404])
    t.equal(nextHop(hop('GET'), status, to('/next')), undefined, `${status}`);
  t.equal(nextHop(hop('GET'), 302, [['x', '1']]), undefined, 'without a location');
  t.throws(() => nextHop(hop('GET'), 302, to('http://')), { code: 'NetworkFailed' });
  t.end();
});

t.test('what was meant for one origin does not go to another', (t) => {
  const headers: [string, string][] = [
    ['authorization', 'Bearer x'],
    ['cookie', 'a=1'],
    ['x-key', `isopod-secret:KEY:${'0'.repeat(32)}`],
    ['x-fine', '1'],
  ];
  const names = (location: string) => nextHop(hop('GET', headers), 302, to(location))?.headers.map(([name]) => name);
  t.same(names('/same'), ['authorization', 'cookie', 'x-key', 'x-fine']);
  t.same(names('https://a.example:443/same'), ['authorization', 'cookie', 'x-key', 'x-fine']);
  for (const away of ['https://b.example/', 'http://a.example/', 'https://a.example:8443/', '//b.a.example/'])
    t.same(names(away), ['x-fine'], away);
  t.end();
});
