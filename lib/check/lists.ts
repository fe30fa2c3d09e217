/** What was found in code, gathered by name. */
import { NODE_MODULES } from '../code/node-modules.ts';
import type { FoundGlobal, FoundImport, Place, Survey } from '../code/survey.ts';
import type { GlobalFacts } from './global-tiers.ts';
import type { CheckedGlobal, CheckedModule, CheckedPackage, CodePlace, UnresolvedImport } from './report.ts';

const UNKNOWN = { tier: 'missing', note: 'Node.js has no such module either' } as const;

export function listModules(imports: readonly FoundImport[]): CheckedModule[] {
  return named(imports, 'module').map(({ name, places }) => {
    const { tier, note } = Object.hasOwn(NODE_MODULES, name) ? (NODE_MODULES[name] ?? UNKNOWN) : UNKNOWN;
    return { name, tier, note, places };
  });
}

export const listUnresolved = (imports: readonly FoundImport[]): UnresolvedImport[] => named(imports, 'unresolved');

export function listPackages({ packages, imports, dependants }: Survey): CheckedPackage[] {
  const places = new Map(named(imports, 'package').map((entry) => [entry.name, entry.places]));
  return packages.map((text) => {
    const at = text.lastIndexOf('@');
    const name = text.slice(0, at);
    return {
      name,
      version: text.slice(at + 1),
      places: places.get(name) ?? [],
      dependants: dependants.get(name) ?? [],
    };
  });
}

export function listGlobals(found: readonly FoundGlobal[], tiers: ReadonlyMap<string, GlobalFacts>): CheckedGlobal[] {
  const groups = Map.groupBy(found, ({ name }) => name);
  return [...groups]
    .map(([name, some]) => ({
      name,
      ...(tiers.get(name) ?? { tier: 'missing' as const }),
      places: inOrder(some.map(({ place, mention }) => ({ ...place, mention }))),
    }))
    .sort(byName);
}

function named(imports: readonly FoundImport[], kind: FoundImport['kind']): { name: string; places: CodePlace[] }[] {
  const groups = Map.groupBy(
    imports.filter((entry) => entry.kind === kind),
    ({ name }) => name,
  );
  return [...groups].map(([name, some]) => ({ name, places: inOrder(some.map(({ place }) => place)) })).sort(byName);
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

/** The function's own places first, each once. */
function inOrder<T extends Place>(places: readonly T[]): T[] {
  const rank = ({ package: name = '', file, line, column }: Place): string =>
    [name, file, `${line}`.padStart(9), `${column}`.padStart(9)].join('\0');
  const byRank = new Map(places.map((place) => [rank(place), place]));
  return [...byRank].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}
