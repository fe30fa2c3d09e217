/** `docs/packages.md`: one row per case, written by `npm run packages`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE_MODULES } from '../../lib/code/node-modules.ts';
import type { PackageCase } from './cases.ts';
import type { PackageOutcome } from './run.ts';

const file = fileURLToPath(new URL('../../docs/packages.md', import.meta.url));

const INTRODUCTION = `# npm packages

Popular packages that were bundled, run inside an isolate, and gave there what they give in Node.js. Each has a case in
\`test/packages/cases\`: a function that uses several of its main features and returns what came out. \`npm run packages\`
runs them all and writes this table; the test suite runs them too.

- **start**: how new instances come to run the bundle, and why not from a heap snapshot where that is so.
- **Node.js modules**: those the bundle imports, with their tier ([node-modules.md](node-modules.md)).
- **bundle**: KB of the case with all its packages, before compression.

Bundles are made for production (\`process.env.NODE_ENV\`) and take the forms of a package meant for web-standard runtimes
(\`workerd\`, \`worker\`, \`browser\`) where there are such, so that messages of a few packages are shorter than in Node.js.`;

/** The part of a row that must be up to date: packages with versions, and whether they work. */
const head = ({ packages }: PackageCase, problem: string | undefined): string =>
  `| ${packages.map(({ name, version }) => `\`${name}\` ${version}`).join(', ')} | ${cell(problem ?? 'yes')} |`;

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

export interface Measured {
  readonly outcome: PackageOutcome;
  /** Modules of Node.js the bundle imports. */
  readonly nodeModules: readonly string[];
}

function row({ outcome: { packageCase, problem, info }, nodeModules }: Measured): string {
  const start =
    info === undefined ? '' : [info.image.kind.replace('-', ' '), info.image.reason].filter(Boolean).join(': ');
  const modules = nodeModules.map((name) => `\`${name}\` (${NODE_MODULES[name]?.tier ?? 'missing'})`).join(', ');
  const size = info === undefined ? '' : Math.ceil(info.codeSize / 1_024).toLocaleString('en');
  return `${head(packageCase, problem)} ${cell(start)} | ${modules} | ${size} |`;
}

export function writeReport(measured: readonly Measured[]): void {
  const titles = ['| package | works | start | Node.js modules | bundle |', '|---|---|---|---|--:|'];
  writeFileSync(file, `${INTRODUCTION}\n\n${[...titles, ...measured.map(row)].join('\n')}\n`);
}

/** Whether the document says of a case what came out; numbers that vary are not compared. */
export const isReported = ({ packageCase, problem }: PackageOutcome): boolean =>
  reported().some((line) => line.startsWith(head(packageCase, problem)));

/** Rows of the document. */
export const reported = (): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
