/** The cases: modules a user would write, each with the packages of package.json that it imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface PackageCase {
  /** Name of the file in cases/, without extension: the package the case is about. */
  readonly name: string;
  /** The package, and others it is used with, as `name version`. */
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** Text of the module; it exports `handler`. */
  readonly source: string;
}

/** Folder of the cases; their packages are looked up from here. */
export const CASES = fileURLToPath(new URL('./cases/', import.meta.url));

const manifest = createRequire(import.meta.url)('./package.json') as { dependencies: Record<string, string> };

/** `react-dom` of `react-dom/server`, `@scope/name` of `@scope/name/file`. */
const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

function packagesOf(name: string, source: string): PackageCase['packages'] {
  const imported = [...source.matchAll(/^(?:import|\} from)\b.*?'([^']+)';$/gm)].map(([, from]) =>
    packageOf(from ?? ''),
  );
  return [...new Set([name, ...imported])]
    .filter((each) => manifest.dependencies[each] !== undefined)
    .map((each) => ({ name: each, version: manifest.dependencies[each] as string }));
}

export function listCases(): PackageCase[] {
  return readdirSync(CASES)
    .sort()
    .map((file) => {
      const name = file.replace(/\.js$/, '');
      const source = readFileSync(`${CASES}${file}`, 'utf8');
      return { name, packages: packagesOf(name, source), source };
    });
}

/** Packages that are installed for the cases. */
export const installed: readonly string[] = Object.keys(manifest.dependencies);
