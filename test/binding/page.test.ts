/** docs/bindings.md: its example runs and gives what it says. */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import t from 'tap';

t.test('the example of docs/bindings.md prints what its comment says', async (t) => {
  const page = await readFile(new URL('../../docs/bindings.md', import.meta.url), 'utf8');
  const example = /<!-- example: bindings -->\n```js\n([\s\S]*?)```/.exec(page)?.[1];
  if (example === undefined) return t.fail('docs/bindings.md has no js block after <!-- example: bindings -->');
  // Beside the test, where its packages are found; the engine comes from source.
  const file = new URL(`page-example-${process.pid}.mjs`, import.meta.url);
  t.teardown(() => rm(file));
  await writeFile(file, example.replace("'isopod'", "'../../lib/index.ts'"));
  const { stdout } = await promisify(execFile)(process.execPath, [file.pathname]);
  t.equal(stdout.trim(), /console\.log\(.*\/\/ (.*)/.exec(example)?.[1]);
});
