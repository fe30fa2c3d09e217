/** Handlers of 2.0's HTTP functions: `(request, response, context)`. */
import t from 'tap';
import { signedHeaders } from '../../../lib/http/auth/sign.ts';
import { ADMIN, type Served, serve } from '../served.ts';

const SOURCE = `
  const { Readable } = require('stream');
  const answers = {
    '/whole': (request, response) => {
      response.setStatusCode(201);
      response.setHeader('X-Kept', 'yes');
      response.setHeader('X-Dropped', 'yes');
      response.deleteHeader('x-dropped');
      const { method, path, queries, headers, clientIP } = request;
      response.send(JSON.stringify({ method, path, queries, type: headers['content-type'], clientIP, body: String(request.body) }));
      response.send('too late');
    },
    '/read': (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => response.send(text.toUpperCase()));
    },
    '/bytes': (request, response) => response.send(Buffer.from([0, 255])),
    '/stream': (request, response) => response.send(Readable.from(['one ', Buffer.from('two')])),
    '/throws': () => { throw new TypeError('thrown'); },
    '/rejects': async () => { throw new TypeError('rejected'); },
    '/object': (request, response) => response.send({}),
  };
  exports.handler = (first, second, third) =>
    Buffer.isBuffer(first) ? third(null, 'an event: ' + first) : answers[first.path](first, second, third);
`;

let served: Served;
let url: string;

t.before(async () => {
  served = await serve();
  await served.engine.createFunction({
    functionName: 'shop$web',
    runtime: 'nodejs16',
    code: { source: SOURCE },
    timeout: 20,
  });
  const path = '/2016-08-15/services/shop/functions/web/triggers';
  const triggerConfig = { authType: 'anonymous', methods: ['GET', 'POST'] };
  const body = JSON.stringify({ triggerName: 'http', triggerType: 'http', triggerConfig });
  const own = { host: `127.0.0.1:${served.port}`, 'content-type': 'application/json' };
  const headers = signedHeaders('POST', path, own, Buffer.from(body), ADMIN);
  const made = await fetch(served.base + path, { method: 'POST', headers, body });
  t.equal(made.status, 200, await made.text());
  url = `${served.base}/2016-08-15/proxy/shop/web`;
});
t.after(() => served.close());

const post = (path: string, body = ''): Promise<Response> =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });

t.test('they get the request, and answer by what they send first', async (t) => {
  const answer = await post('/whole?a=1&a=2&b=x%20y+z&c', 'hello');
  t.equal(answer.status, 201);
  t.equal(answer.headers.get('x-kept'), 'yes');
  t.equal(answer.headers.get('x-dropped'), null);
  t.same(await answer.json(), {
    method: 'POST',
    path: '/whole',
    queries: { a: ['1', '2'], b: 'x y z', c: '' },
    type: 'text/plain',
    clientIP: '127.0.0.1',
    body: 'hello',
  });
});

t.test('the request is a stream, and a stream can be the answer', async (t) => {
  t.equal(await (await post('/read', 'whisper')).text(), 'WHISPER');
  t.equal(await (await post('/read')).text(), '', 'also without a body');
  t.equal(await (await post('/stream')).text(), 'one two');
  t.same(Buffer.from(await (await post('/bytes')).arrayBuffer()), Buffer.from([0, 255]));
});

t.test('what they throw is their failure', async (t) => {
  for (const [path, message] of [
    ['/throws', 'thrown'],
    ['/rejects', 'rejected'],
    ['/object', 'response.send takes a string, a Buffer or a stream'],
  ] as const) {
    const answer = await post(path);
    t.equal(answer.headers.get('x-fc-error-type'), 'UnhandledInvocationError', path);
    t.match(await answer.text(), message);
  }
});

t.test('events that come another way are Buffers', async (t) => {
  t.equal(await served.engine.invoke('shop$web', 'x'), 'an event: x');
});
