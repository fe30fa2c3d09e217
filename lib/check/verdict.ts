/** Decides what of a report keeps the function from working, and what only may. Pure. */
import { missingMessage } from '../code/node-modules.ts';
import type { ErrorCode, IsopodError } from '../errors.ts';
import type {
  CheckedGlobal,
  CheckedModule,
  CodePlace,
  Finding,
  FindingKind,
  MentionPlace,
  UnresolvedImport,
} from './report.ts';

interface Listed {
  readonly modules: readonly CheckedModule[];
  readonly unresolved: readonly UnresolvedImport[];
  readonly globals: readonly CheckedGlobal[];
}

interface Verdict {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

const isOwn = ({ package: name }: CodePlace): boolean => name === undefined;

/** `told`: warnings of the build. `error`: why the function cannot be built or started. */
export function judge(listed: Listed, told: readonly string[], error: IsopodError | undefined): Verdict {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const put = (needed: boolean, finding: Finding): void => {
    (needed ? problems : warnings).push(finding);
  };
  for (const { name, tier, places } of listed.modules) {
    if (tier !== 'missing') continue;
    const own = places.filter(isOwn);
    put(own.length > 0, finding('module', name, missingMessage(name), own.length > 0 ? own : places));
  }
  for (const { name, places } of listed.unresolved) {
    // A build that passes has left it to the code, which requires it inside of a try.
    const needed = error?.code === 'BuildFailed' && isTold(error, name);
    put(
      needed,
      finding('import', name, `"${name}" cannot be found${needed ? '' : '; the code tries without it'}`, places),
    );
  }
  for (const { name, tier, note, places } of listed.globals) {
    if (tier !== 'missing') continue;
    const needed = places.filter((place) => isOwn(place) && isUnguarded(place, places));
    const instead = note === undefined ? '' : `: ${note}`;
    const message = `There is no global "${name}" in an isolate${instead}`;
    put(needed.length > 0, finding('global', name, message, needed.length > 0 ? needed : places));
  }
  for (const message of told) if (message.startsWith('The file')) put(false, finding('file', 'node:fs', message, []));
  if (error !== undefined && !isExplained(error, problems)) {
    put(true, finding(kindOf(error.code), error.code, error.message, []));
  }
  return { problems, warnings };
}

const finding = (kind: FindingKind, name: string, message: string, places: readonly CodePlace[]): Finding => ({
  kind,
  name,
  message,
  places,
});

/** Not after a `typeof` of the same file, and not read as a property. */
function isUnguarded(place: MentionPlace, all: readonly MentionPlace[]): boolean {
  if (place.mention !== 'plain') return false;
  return !all.some(({ mention, file }) => mention === 'tested' && file === place.file);
}

/** A build tells the first errors alone; of those it leaves out nothing is known. */
const isTold = ({ message }: IsopodError, name: string): boolean =>
  message.includes(`"${name}"`) || /\n\(\d+ more\)$/.test(message);

/** A build that failed for nothing but imports that are problems already. */
function isExplained({ code, message }: IsopodError, problems: readonly Finding[]): boolean {
  if (code !== 'BuildFailed') return false;
  const places = message
    .split('\n')
    .slice(1)
    .filter((line) => /^\S/.test(line) && !line.startsWith('('));
  const imports = problems.filter(({ kind }) => kind === 'module' || kind === 'import');
  return places.length > 0 && places.every((line) => imports.some(({ name }) => line.includes(`"${name}"`)));
}

function kindOf(code: ErrorCode): FindingKind {
  if (code === 'HandlerNotFound' || code === 'CodeNotFound') return 'handler';
  return code === 'BuildFailed' || code === 'CodeTooLarge' ? 'build' : 'top-level';
}
