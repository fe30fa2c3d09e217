/**
 * The package as its users get it: packed, checked, installed into an empty folder, and the README's embedding example
 * run and type-checked there. Slow (a build and an install), and asks the npm registry for what is not cached.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import t from 'tap';

const root = fileURLToPath(new URL('../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const inRoot = (command: string): string => join(root, 'node_modules/.bin', command);

/** Runs a command without the hooks that the test runner passes on to child processes. */
async function run(cwd: string, command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(_?TAP|npm_)/i.test(name)));
  try {
    return await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', command, ...args], {
      cwd,
      env: clean,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** The code block after `<!-- example: name -->`, with the lines its comments say it prints. */
function exampleOf(page: string, name: string): { code: string; language: string; prints: string[] } | undefined {
  const found = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`(ts|js)\\n([\\s\\S]*?)\`\`\``).exec(page);
  if (found === null) return undefined;
  const [, language = '', code = ''] = found;
  const prints = [...code.matchAll(/^console\.log\(.*\);[ \t]*\/\/ (?:(?:=>|->|→) )?(.+)$/gm)].map(
    (match) => match[1] ?? '',
  );
  return { code, language, prints };
}

t.test('the package', { timeout: 600_000 }, async (t) => {
  // Outside the checkout, whose node_modules would stand in for a dependency the package forgot.
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'isopod-package-')));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const [packed] = JSON.parse((await run(root, 'npm', 'pack', '--json', '--silent', '--pack-destination', dir)).stdout);
  const tarball = join(dir, packed.filename);
  const files: string[] = packed.files.map(({ path }: { path: string }) => path);

  await t.test('holds what it needs and nothing else', async (t) => {
    const expected = ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'docs/errors.md'];
    const built = [
      'dist/index.js',
      'dist/index.d.ts',
      'dist/testing.js',
      'dist/testing.d.ts',
      'dist/cli/main.js',
      'dist/observe.js',
      'dist/console/index.html',
    ];
    const guest = ['dist/guest/kernel.js', 'dist/guest/web/url.js'];
    for (const path of [...expected, ...built, ...guest]) t.ok(files.includes(path), path);
    const strange = files.filter(
      (path) =>
        !/^(dist\/.+\.(js|d\.ts)|dist\/console\/.+\.(html|css|svg)|docs\/.+|[A-Z]+(\.zh)?\.md|LICENSE|package\.json)$/.test(
          path,
        ),
    );
    t.same(strange, [], 'no sources, tests or fixtures');
    const bin = packed.files.find(({ path }: { path: string }) => path === manifest.bin.isopod);
    t.equal(bin?.mode & 0o111, 0o111, 'the command can be executed');
  });

  await t.test('publint finds nothing', async (t) => {
    const bytes = await readFile(tarball);
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer },
      strict: true,
    });
    t.same(
      messages.map((message) => formatMessage(message, pkg as never) ?? message.code),
      [],
    );
  });

  await t.test('attw finds the types right', async (t) => {
    const args = ['--no-definitely-typed', '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji'];
    await t.resolves(run(root, inRoot('attw'), tarball, ...args));
  });

  await t.test('installs into an empty folder without running any script', async (t) => {
    const app = join(dir, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{"name":"app","private":true,"type":"module"}');
    const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run(app, 'npm', 'install', ...quiet, tarball);

    await t.test('its command runs', async (t) => {
      const { stdout } = await run(app, join(app, 'node_modules/.bin/isopod'), '--help');
      t.match(stdout, /isopod .*start/s);
    });

    await t.test("the README's embedding example runs and says what its comments say", async (t) => {
      const example = exampleOf(readFileSync(join(root, 'README.md'), 'utf8'), 'embedding');
      if (example === undefined) return t.fail('README.md has no ts or js block after <!-- example: embedding -->');
      const file = `example.${example.language}`;
      await writeFile(join(app, file), example.code);
      const { stdout, stderr } = await run(app, process.execPath, file);
      t.equal(stderr, '', 'no warning');
      t.ok(example.prints.length > 0, 'the example says what it prints');
      t.same(stdout.trimEnd().split('\n'), example.prints);

      const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
      const strict = [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--allowJs',
        '--checkJs',
      ];
      const target = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable'];
      await t.resolves(
        run(app, inRoot('tsc'), ...strict, ...target, ...types, file),
        'its types fit, those it uses too',
      );
    });

    await t.test('functions run in cells of the installed package', async (t) => {
      const script = `import { createEngine } from 'isopod';
        const engine = await createEngine({ workers: 0 });
        const code = { source: 'export const handler = (event) => [event];' };
        const told = [];
        for (const isolation of ['process', 'jailed']) {
          const create = engine.createFunction({ functionName: isolation, isolation, timeout: 60, code });
          told.push(await create.then(() => engine.invoke(isolation, 1)).catch((error) => error.code));
        }
        console.log(JSON.stringify(told));
        await engine.close();`;
      // The test runner loads itself into what it starts, which a jailed cell does not allow.
      const { stdout } = await run(app, '/usr/bin/env', '-i', process.execPath, '--input-type=module', '-e', script);
      t.match(stdout, /^\[\[1\],(\[1\]|"JailUnavailable")\]\n$/);
    });

    await t.test('the testing door opens', async (t) => {
      const script = "import * as door from 'isopod/testing'; console.log(Object.keys(door).length > 0)";
      t.equal((await run(app, process.execPath, '--input-type=module', '-e', script)).stdout, 'true\n');
    });
  });
});
