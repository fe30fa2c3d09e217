/** What the guest function `fetch` talks to: one kilobyte of JSON, on a free loopback port, which is printed. */
import { createServer } from 'node:http';

const body = JSON.stringify({
  items: Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}`, text: 'x'.repeat(20) })),
});
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
