/** A few attacks of every kind in every tier; `npm run attack` makes them all, each on a process of its own. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { jailCommand } from '../../lib/cell/jail.ts';
import { type Attack, NEEDS_CELL, readAttacks, TIERS } from './attacks.ts';
import { runAttack, runAttacks } from './under-attack.ts';

const QUICK = [
  'loops/plain',
  'heap/arrays-of-a-thousand',
  'heap/map',
  'buffers/array-buffers',
  'lifecycle/exit',
  'lifecycle/top-level-freezes-in-snapshot',
  'escape/arguments-callee',
  'escape/constructor-chain',
  'escape/isolated-vm-objects',
  'floods/logs',
  'loops/thrown-message-getter',
  'microtasks/flood',
  'pollution/object-prototype',
  'recursion/plain',
  'loops/unhandled-rejection-to-string',
  'results/revoked-proxy',
  'results/thrown-revoked-proxy',
  'tenants/globals-of-others',
];

const attacks = readAttacks();

t.test('there are attacks of every class, and the first line of each says what is to become of it', async (t) => {
  t.ok(attacks.length >= 100);
  const known = new Set(attacks.map(({ id }) => id));
  t.same(
    QUICK.filter((id) => !known.has(id)),
    [],
  );
});

t.test('docs/security.md names every attack that needs a cell, and no other', async (t) => {
  const text = readFileSync('docs/security.md', 'utf8');
  const named = [...text.matchAll(/^\| `([\w-]+\/[\w-]+)` \|/gm)].map(([, id]) => id).sort();
  const needing = attacks.filter(({ expected }) => expected.thread.includes(NEEDS_CELL)).map(({ id }) => id);
  t.same(named, needing.sort());
});

t.test('attacks of the quick kind are contained', async (t) => {
  const locks = (await jailCommand()).some((word) => word.endsWith('unshare'));
  const tiers = TIERS.filter((tier) => tier !== 'jailed' || locks);
  const chosen = attacks.filter(({ id }) => QUICK.includes(id));
  const dataDir = t.testdir();
  // A machine with other work may be late with an answer, so an attack that was not answered as it should be is made once
  // more, on a process of its own. One that reached something is not forgiven.
  for (const tier of tiers) {
    for (const { id, complaint, leaks } of await runAttacks(chosen, tier, `${dataDir}/${tier}`)) {
      let last = complaint;
      if (complaint !== undefined && leaks.length === 0) {
        t.comment(`${id}, ${tier}, is made once more: ${complaint}`);
        last = (await runAttack(chosen.find((attack) => attack.id === id) as Attack, tier, `${dataDir}/again`))
          .complaint;
      }
      t.equal(last, undefined, `${id}, ${tier}`);
    }
  }
});
