/** Routes with parameters, middleware, nesting and errors. */
import { AutoRouter, createResponse, error, json, Router, StatusError, withParams } from 'itty-router';

const books = Router({ base: '/api/books' });
books
  .get('/', ({ query }) => json({ books: ['Emma', 'Dune'], query }))
  .get('/:id.:format?', withParams, ({ id, format }) => json({ id, format }))
  .put('/:id', async (request) => json({ saved: await request.json() }));

const csv = createResponse('text/csv', (rows) => rows.map((row) => row.join(',')).join('\n'));
const router = AutoRouter({
  base: '/api',
  before: [
    (request) => {
      request.user = request.headers.get('x-user');
    },
  ],
  finally: [(response) => void response.headers.set('x-served', 'yes')],
});
router
  .all('/books/*', books.fetch)
  .get('/me', ({ user }) => (user ? { user } : error(401, 'who are you?')))
  .get('/table', () =>
    csv([
      [1, 2],
      [3, 4],
    ]),
  )
  .get('/files/:path+', ({ params }) => params)
  .get('/broken', () => {
    throw new StatusError(422, { reason: 'no' });
  });

async function call(path, init) {
  const response = await router.fetch(new Request(`https://example.com/api${path}`, init));
  return [response.status, [...response.headers].sort(), await response.text()];
}

export const handler = async () => [
  await call('/books/?sort=asc&tag=a&tag=b'),
  await call('/books/7.pdf'),
  await call('/books/7', { method: 'PUT', body: '{"title":"Emma"}' }),
  await call('/me'),
  await call('/me', { headers: { 'x-user': 'ada' } }),
  await call('/table'),
  await call('/files/a/b/c.txt'),
  await call('/broken'),
  await call('/nowhere'),
];
