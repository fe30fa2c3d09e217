/**
 * Builds the documentation site into `site/out`: the pages of docs/, the two READMEs, and the reference of the API from its types.
 * TypeDoc makes it; what is told of each page here is its place. Ends with code 1 when something is wrong in a page or a comment.
 */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter } from 'typedoc';
import { GROUPS } from './groups.ts';

const root = new URL('../', import.meta.url);
const path = (relative: string): string => fileURLToPath(new URL(relative, root));

async function main(): Promise<void> {
  const app = await Application.bootstrap({
    name: 'Isopod',
    entryPoints: [path('lib/index.ts'), path('lib/testing.ts'), path('lib/observe.ts')],
    tsconfig: path('tsconfig.json'),
    readme: path('README.md'),
    projectDocuments: pages(),
    out: path('site/out'),
    groupOrder: [...Object.keys(GROUPS), '*'],
    sort: ['documents-first', 'source-order'],
    excludePrivate: true,
    excludeExternals: true,
    disableSources: true,
    disableGit: true,
    skipErrorChecking: true,
    intentionallyNotExported: [],
    validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: false, notDocumented: false },
    navigation: { includeGroups: true },
    treatWarningsAsErrors: true,
  });
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const name = basename(document.name, '.md');
    const group = Object.entries(GROUPS).find(([, names]) => names.includes(name))?.[0];
    document.frontmatter.group = group ?? 'More';
    document.name = titleOf(document.content.map(({ text }) => text).join(''), name);
  });
  const project = await app.convert();
  if (project === undefined) process.exit(1);
  await app.generateOutputs(project);
  process.exitCode = app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;
}

/** All pages, in reading order; those without a place last. */
function pages(): string[] {
  const known = Object.values(GROUPS).flat();
  const place = (page: string): number => known.indexOf(basename(page, '.md')) + 1 || known.length + 1;
  const all = ['README.zh.md', ...globSync('docs/*.md', { cwd: fileURLToPath(root) }).sort()];
  return all.sort((a, b) => place(a) - place(b)).map(path);
}

/** What a page calls itself. */
const titleOf = (text: string, name: string): string =>
  name === 'README.zh' ? '中文' : (/^# (?:Guide: )?(.+)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? name);

await main();
