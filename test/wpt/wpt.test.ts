/**
 * Conformance with web-platform-tests, where a checkout of them is at hand (ISOPOD_WPT names its folder; the cases are not
 * part of this repository). The cases that take long are left to `npm run wpt`.
 */
import t from 'tap';
import { AREAS } from './areas.ts';
import { findCases } from './cases.ts';
import { findCheckout, revisionOf } from './checkout.ts';
import { compare, countPassed, readExpectations } from './expectations.ts';
import { runCases } from './runner.ts';

/** Share of the sub-cases of an area that has to pass. */
const MIN_PASSED = 0.95;

const expectations = readExpectations();
const checkout = findCheckout();

t.test('what is expected to fail stands under a known area, with a reason', async (t) => {
  const names = AREAS.map(({ name }) => name);
  for (const [area, cases] of Object.entries(expectations.areas)) {
    t.ok(names.includes(area), `${area} is an area`);
    for (const [id, reasons] of Object.entries(cases)) {
      const known = AREAS.find(({ name }) => name === area);
      t.match(id.replace(/\?.*/, ''), known?.cases, `${id} is a case of ${area}`);
      t.ok(
        Object.entries(reasons).every(([reason, list]) => reason.length > 0 && list.length > 0),
        `${id} has reasons`,
      );
    }
  }
  if (Object.keys(expectations.areas).length > 0) t.match(expectations.revision, /^[0-9a-f]{40}$/);
});

if (checkout !== undefined) {
  t.test('the checkout is of the revision the expectations are of', async (t) => {
    t.equal(revisionOf(checkout), expectations.revision);
  });
  for (const area of AREAS) {
    t.test(`a guest passes the cases of ${area.name}`, async (t) => {
      const cases = findCases(checkout, area).filter(({ slow }) => !slow);
      const outcomes = await runCases(checkout, cases);
      const { passed, total } = countPassed(outcomes);
      const missing = [...new Set(outcomes.flatMap((outcome) => outcome.missing))];
      t.ok(passed >= total * MIN_PASSED, `${passed} of ${total} pass`, { missing });
      const { failures, passes } = compare(outcomes, expectations.areas[area.name] ?? {});
      t.strictSame(failures, [], 'nothing fails that is not listed');
      t.strictSame(passes, [], 'nothing passes that is listed as failing');
    });
  }
}
