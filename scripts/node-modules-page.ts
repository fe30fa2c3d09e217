/** Writes docs/node-modules.md from the table in lib/code/node-modules.ts: `node scripts/node-modules-page.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE_MODULES } from '../lib/code/node-modules.ts';

const INTRODUCTION = `# Modules of Node.js

An isolate has no Node.js around it. What functions and their packages import of it, by \`node:\` name or bare, is bundled
in from here; a bundle that imports none of it carries none of it. An npm package of the same bare name in the function's
own \`node_modules\` comes first.

- **native**: the isolate's own objects under Node's name.
- **polyfilled**: the documented surface, by a library or by the host.
- **partial**: what the note says.
- **missing**: importing it is an error of the build that names the alternative. When a package imports it, the build
  passes with a warning, and using it throws the same message.

The globals \`Buffer\`, \`process\`, \`setImmediate\`, \`clearImmediate\`, \`global\`, \`__dirname\` and \`__filename\` are there as well,
also \`import.meta.url\`, \`dirname\` and \`filename\`. The package's root is \`/code\`.

## What differs

- **Files.** \`/code\` shows the package's files but \`node_modules\` and names that start with a dot, each up to 2 MB, 8 MB and
  2,000 files in all; writing there is \`EROFS\`. \`/tmp\` holds 16 MB and 10,000 files in the instance's memory, beyond which is
  \`ENOSPC\`. Inline code has no files.
- **Streams of hashes, ciphers and zlib** gather what they are given and work at the end.
- **AsyncLocalStorage** needs every \`await\` compiled: a bundle that imports \`async_hooks\` has async functions as generators.
- **Timers** stand still while an instance has no call; \`ref\` and \`unref\` have no effect.
- **\`process.exit\`** throws, so that the call fails.
- **\`createRequire\`** gives the modules of this table that the code names as texts; packages have to be imported.

| module | tier | note |
|---|---|---|
`;

/** The whole page. */
export const page = (): string =>
  INTRODUCTION +
  Object.entries(NODE_MODULES)
    .map(([name, { tier, note }]) => `| \`${name}\` | ${tier} | ${note} |\n`)
    .join('');

if (import.meta.main) writeFileSync(fileURLToPath(new URL('../docs/node-modules.md', import.meta.url)), page());
