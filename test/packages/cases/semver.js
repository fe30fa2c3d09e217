/** Releases: order, ranges, increments, coercion and what satisfies what. */
import semver from 'semver';

const versions = ['1.2.3', '1.10.0', '2.0.0-beta.2', '2.0.0-beta.10', '2.0.0', '0.9.9+build'];

export const handler = () => ({
  sorted: semver.sort([...versions]),
  best: [
    semver.maxSatisfying(versions, '^1.2'),
    semver.minSatisfying(versions, '>=1 <3'),
    semver.maxSatisfying(versions, '2.x', { includePrerelease: true }),
  ],
  ranges: ['^0.2.3', '~1.2', '1.x || >=2.5.0 || 5.0.0 - 7.2.3', '>1 <=2.0.0-rc.1', 'nope'].map((range) =>
    semver.validRange(range),
  ),
  next: ['major', 'minor', 'patch', 'prerelease', 'preminor'].map((kind) => semver.inc('1.2.3-alpha.1', kind, 'beta')),
  coerced: [
    semver.coerce('v3.4 of the tool')?.version,
    semver.coerce('42.6.7.9.3-alpha', { rtl: true })?.version,
    semver.clean('  =v1.2.3   '),
  ],
  diff: [semver.diff('1.2.3', '1.3.0'), semver.diff('1.2.3', '2.0.0-beta')],
  parts: [semver.parse('1.2.3-a.4+b'), semver.prerelease('1.2.3-a.4'), semver.major('4.5.6')],
  sets: [
    semver.intersects('^1.2', '>=1.9'),
    semver.subset('~1.2.3', '^1'),
    semver.gtr('3.0.0', '^2'),
    semver.simplifyRange(versions, '>=1.2.3 <=2.0.0'),
  ],
  compared: [
    semver.gt('1.2.3', '1.2.3-a'),
    semver.cmp('1.0.0', '>=', '0.9.9'),
    semver.compareBuild('1.0.0+2', '1.0.0+1'),
  ],
  invalid: [semver.valid('1.2'), semver.satisfies('x', '*')],
});
