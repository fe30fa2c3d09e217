/** Writes `docs/web-apis.md` from the outcomes of a complete run. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { countPassed, failed } from './expectations.ts';
import type { Outcome } from './runner.ts';

const file = fileURLToPath(new URL('../../docs/web-apis.md', import.meta.url));
/** Failures of one case listed by name. */
const MAX_NAMES = 40;
/** Characters of a name. */
const MAX_NAME = 160;

export interface AreaOutcome {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

/** `revision`: the commit of web-platform-tests that was run. */
export function writeReport(areas: readonly AreaOutcome[], revision: string): void {
  const rows = areas.flatMap(({ name, outcomes }) => {
    const all = countPassed(outcomes);
    return [
      `| **${name}** | **${all.passed} / ${all.total}** |`,
      ...byInterface(name, outcomes).map(([label, group]) => {
        const { passed, total } = countPassed(group);
        return `| ${label} | ${passed} / ${total} |`;
      }),
    ];
  });
  const text = [
    '# Web APIs',
    `What a guest has of the web's interfaces, measured by running cases of web-platform-tests (revision \`${revision.slice(0, 10)}\`) inside one; only those that need no server and no document. \`npm run wpt\` writes this document.`,
    ['| Area / interface | Passed |', '|---|---|', ...rows].join('\n'),
    '## Failures',
    ...areas.flatMap(({ name, outcomes }) => failuresOf(name, outcomes)),
  ].join('\n\n');
  writeFileSync(file, `${text}\n`);
}

/** Cases of an area by the interface they are about: the file's name up to its first `-`, in its folder. */
function byInterface(area: string, outcomes: readonly Outcome[]): [string, Outcome[]][] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const inside = outcome.case.path.slice(outcome.case.path.indexOf(area) + area.length).replace(/^\/(api\/)?/, '');
    const folder = inside.slice(0, inside.lastIndexOf('/') + 1);
    const label = folder === '' ? (/^[A-Za-z]+/.exec(inside)?.[0] ?? inside) : folder.slice(0, -1);
    groups.set(label, [...(groups.get(label) ?? []), outcome]);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

function failuresOf(area: string, outcomes: readonly Outcome[]): string[] {
  const lines = outcomes.flatMap(({ case: one, results }) => {
    const names = results.filter(failed).map(({ name }) => name);
    if (names.length === 0) return [];
    const head = `- ${code(one.id)}`;
    if (names.length === results.length && names.length > 1) return [`${head}: all ${names.length}`];
    const shown = names.slice(0, MAX_NAMES).map((name) => `  - ${code(name)}`);
    if (names.length > MAX_NAMES) shown.push(`  - and ${names.length - MAX_NAMES} more`);
    return [head, ...shown];
  });
  return lines.length === 0 ? [] : [`### ${area}`, lines.join('\n')];
}

/** On one line, as code; what is not printable ASCII is escaped. */
function code(name: string): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}...` : name;
  const plain = short.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const fence = plain.includes('`') ? '``' : '`';
  return `${fence}${plain.includes('`') ? ` ${plain} ` : plain.trim() || ' '}${fence}`;
}
