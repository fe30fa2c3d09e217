import t from 'tap';
import { type Candidate, routesFor } from '../../lib/cluster/routing.ts';
import { decodeMarks, encodeMarks, markOf } from '../../lib/cluster/warm-set.ts';
import { addPiece, piecesOf } from '../../lib/cluster/wire.ts';

const engines = (count: number, change: (at: number) => Partial<Candidate> = () => ({})): Candidate[] =>
  Array.from({ length: count }, (_, at) => ({ id: `node-${at}`, open: 0, isWarm: false, ...change(at) }));

t.test('a call goes to a warm engine first, then to one its function always goes to', (t) => {
  const [home] = routesFor('f@LATEST', engines(10));
  t.equal(routesFor('f@LATEST', engines(10)).length, 10, 'all are tried');
  t.equal(routesFor('f@LATEST', engines(10).reverse())[0], home);
  const warm = engines(10, (at) => ({ isWarm: at === 3 }));
  t.equal(routesFor('f@LATEST', warm)[0], 'node-3');
  t.same(routesFor('f@LATEST', []), []);
  t.end();
});

t.test('functions are spread evenly, and few move when an engine comes', (t) => {
  const keys = Array.from({ length: 5_000 }, (_, at) => `function-${at}@LATEST`);
  const homes = keys.map((key) => routesFor(key, engines(10))[0]);
  const counts = new Map<string | undefined, number>();
  for (const home of homes) counts.set(home, (counts.get(home) ?? 0) + 1);
  for (const count of counts.values()) t.ok(count > 350 && count < 650, `${count} of 5,000 on one of ten`);
  const moved = keys.filter((key, at) => routesFor(key, engines(11))[0] !== homes[at]).length;
  t.ok(moved < 800, `${moved} of 5,000 moved to the eleventh`);
  t.end();
});

t.test('an engine with more than its share of calls is passed over, warm or not', (t) => {
  const [home] = routesFor('f', engines(4));
  const loaded = engines(4, (at) => ({ open: `node-${at}` === home ? 40 : 4, isWarm: `node-${at}` === home }));
  const routes = routesFor('f', loaded);
  t.not(routes[0], home);
  t.equal(routes.at(-1), home, 'it comes last');
  t.end();
});

t.test('marks of what is warm, and messages in pieces, arrive as they were sent', (t) => {
  const marks = ['a', 'b', 'c'].map(markOf);
  t.same([...decodeMarks(encodeMarks(marks))].sort(), [...marks].sort());
  t.equal(decodeMarks(encodeMarks([])).size, 0);
  const bytes = Buffer.from('abcdefghij'.repeat(500));
  const pieces: Uint8Array[] = [];
  const wholes = [...piecesOf(bytes, 2_000)].map((piece) => addPiece(pieces, piece));
  t.equal(wholes.length, 6);
  t.same(wholes.at(-1), bytes);
  t.ok(wholes.slice(0, -1).every((whole) => whole === undefined));
  t.end();
});
