/** A small shop as a Hono application: routes, middleware, validation, cookies, errors and signed tokens. */
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { sign, verify } from 'hono/jwt';
import { validator } from 'hono/validator';

const app = new Hono().basePath('/api');
app.use('*', cors({ origin: 'https://example.com' }));
app.use('/admin/*', basicAuth({ username: 'ada', password: 'secret' }));
app.get('/items/:id{[0-9]+}', (c) => c.json({ id: Number(c.req.param('id')), query: c.req.queries('tag') ?? [] }));
app.post(
  '/items',
  validator('json', (value, c) => (typeof value.name === 'string' ? value : c.text('name is missing', 400))),
  (c) => c.json({ made: c.req.valid('json').name }, 201, { 'x-made': 'yes' }),
);
app.post('/form', async (c) => c.json(await c.req.parseBody({ all: true })));
app.get('/admin/cookie', (c) => {
  setCookie(c, 'seen', 'yes', { httpOnly: true, sameSite: 'Lax', maxAge: 60 });
  return c.text(getCookie(c, 'theme') ?? 'none');
});
app.get('/teapot', () => {
  throw new HTTPException(418, { message: 'short and stout' });
});
app.get('/broken', () => {
  throw new Error('oops');
});
app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500),
);
app.notFound((c) => c.text(`nothing at ${c.req.path}`, 404));

async function call(path, init) {
  const response = await app.request(`https://shop.example.com/api${path}`, init);
  return [response.status, [...response.headers].sort(), await response.text()];
}

export const handler = async () => {
  const json = { 'content-type': 'application/json' };
  return {
    item: await call('/items/7?tag=a&tag=b', { headers: { origin: 'https://example.com' } }),
    made: await call('/items', { method: 'POST', headers: json, body: '{"name":"Tea"}' }),
    refused: await call('/items', { method: 'POST', headers: json, body: '{}' }),
    malformed: await call('/items', { method: 'POST', headers: json, body: '{' }),
    form: await call('/form', { method: 'POST', body: new URLSearchParams('a=1&a=2&b=x%20y') }),
    unauthorised: await call('/admin/cookie'),
    cookie: await call('/admin/cookie', {
      headers: { authorization: `Basic ${btoa('ada:secret')}`, cookie: 'theme=dark; a=b' },
    }),
    preflight: await call('/items', {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    }),
    teapot: await call('/teapot'),
    broken: await call('/broken'),
    lost: await call('/nowhere/é'),
    token: await verify(await sign({ sub: 'ada' }, 'key', 'HS256'), 'key', 'HS256'),
  };
};
