/** What `isopod init` writes: each project is taken into use as its user would. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { TEMPLATES } from '../../lib/cli/templates.ts';
import { installInto } from '../docs/installed.ts';
import { isopod } from './command.ts';

const run = promisify(execFile);

/** Without what makes `node --test` believe that it is a part of this run. */
const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...env } = process.env;
const node = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd, env });

t.test('init', async (t) => {
  const dir = t.testdir({});
  await installInto(dir);
  for (const template of Object.keys(TEMPLATES)) {
    const { code, out } = await isopod(['init', template, join(dir, template)]);
    t.equal(code, 0, template);
    t.match(out, /created .*package\.json[\s\S]*Next:/);
  }

  for (const template of ['event', 'http', 'typescript']) {
    await t.test(`${template}: its tests pass, and it runs with its event`, async (t) => {
      const folder = join(dir, template);
      const { stdout } = await node(folder, '--test', '--test-reporter=tap');
      t.match(stdout, /# pass 1\n# fail 0/);
      const { code, out } = await isopod(['run', folder, '--data', await readFile(join(folder, 'event.json'), 'utf8')]);
      t.equal(code, 0);
      t.match(out, { event: /Hello, Ada!/, http: /Hello from http/, typescript: /10\.00 EUR/ }[template]);
    });
  }

  await t.test('plugin: the host runs its plugins', async (t) => {
    const { stdout } = await node(join(dir, 'plugin'), 'host.js');
    t.equal(stdout, 'HELLO, ADA!\n');
  });

  await t.test('what is there is left alone, and a wrong name is told', async (t) => {
    const again = await isopod(['init', 'event', join(dir, 'event')]);
    t.match([again.code, again.err], [2, /has .*index\.js.* already/]);
    const unknown = await isopod(['init', 'nothing', join(dir, 'x')]);
    t.match([unknown.code, unknown.err], [2, /no template "nothing": event, http, typescript, plugin/]);
    t.same((await readdir(dir)).sort(), ['event', 'http', 'node_modules', 'plugin', 'typescript']);
  });
});
