import t from 'tap';
import type { Instance } from '../../lib/instance/instance.ts';
import { Roster } from '../../lib/pool/roster.ts';

interface Fake {
  name: string;
  openCount: number;
  provisioned: boolean;
}
const make = (name: string, provisioned = false): Fake & Instance =>
  ({ name, openCount: 0, provisioned }) as Fake & Instance;

t.test('the instance used last is taken first, so that the others grow old', (t) => {
  const roster = new Roster();
  const [a, b, c] = [make('a'), make('b'), make('c')];
  for (const instance of [a, b, c]) roster.add(instance);
  t.equal(roster.idle, c);
  const use = (instance: Fake & Instance): void => {
    instance.openCount = 1;
    roster.used(instance);
    instance.openCount = 0;
    roster.freed(instance);
  };
  use(a);
  t.equal(roster.idle, a);
  t.same(roster.reclaimable, [b, c, a], 'longest unused first');
  t.end();
});

t.test('provisioned instances are taken before others and are not reclaimable', (t) => {
  const roster = new Roster();
  const [a, p] = [make('a'), make('p', true)];
  roster.add(p);
  roster.add(a);
  t.equal(roster.idle, p);
  t.same(roster.reclaimable, [a]);
  t.equal(roster.provisionedCount, 1);
  roster.provision(p, false);
  roster.provision(a, true);
  t.equal(roster.idle, a);
  t.same(roster.reclaimable, [p]);
  t.end();
});

t.test('an instance is busy until its last call has ended, and gone when it is removed', (t) => {
  const roster = new Roster();
  const a = make('a');
  roster.add(a);
  a.openCount = 2;
  roster.used(a);
  roster.used(a);
  t.same([roster.idle, [...roster.busy], roster.latest], [undefined, [a], a]);
  a.openCount = 1;
  t.equal(roster.freed(a), false);
  roster.provision(a, true);
  a.openCount = 0;
  t.equal(roster.freed(a), true);
  t.equal(roster.freed(a), false, 'told once');
  t.equal(roster.idle, a);
  t.equal(roster.remove(a), true);
  t.equal(roster.remove(a), false);
  t.same([roster.idle, roster.latest, roster.size], [undefined, undefined, 0]);
  t.end();
});
