/** What `isopod init` writes: each project is taken into use as its user would. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { exampleEvent, readFunction } from '../../lib/cli/function-folder.ts';
import { init } from '../../lib/cli/init.ts';
import { TEMPLATES } from '../../lib/cli/templates.ts';
import { createTestEngine } from '../../lib/testing.ts';
import { installInto } from '../docs/installed.ts';
import { isopod } from './command.ts';

const run = promisify(execFile);

/** Without what makes `node --test` believe that it is a part of this run. */
const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...env } = process.env;
const node = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd, env });

t.test('init', async (t) => {
  const dir = t.testdir({});
  await installInto(dir);
  const { code, out } = await isopod(['init', 'event', join(dir, 'event')]);
  t.match([code, out], [0, /created .*package\.json[\s\S]*Next:/]);
  const { log } = console;
  console.log = () => undefined;
  for (const template of Object.keys(TEMPLATES)) {
    if (template !== 'event') t.equal(await init(template, join(dir, template)), 0, template);
  }
  console.log = log;

  await t.test('the tests of a project pass', async (t) => {
    const tested = ['event', 'http', 'typescript'].map((template) =>
      node(join(dir, template), '--test', '--test-reporter=tap'),
    );
    for (const { stdout } of await Promise.all(tested)) t.match(stdout, /# pass 1\n# fail 0/);
  });

  await t.test('a project is deployed, and gives for its event what it should', async (t) => {
    await using engine = await createTestEngine();
    const results = {
      event: { message: 'Hello, Ada!' },
      http: { statusCode: 200, body: /http/ },
      typescript: '10.00 EUR',
    };
    for (const [template, result] of Object.entries(results)) {
      const config = await readFunction(join(dir, template));
      await engine.createFunction(config);
      t.match(await engine.invoke(config.functionName, await exampleEvent(join(dir, template))), result, template);
    }
  });

  await t.test('plugin: the host runs its plugins', async (t) => {
    const { stdout } = await node(join(dir, 'plugin'), 'host.js');
    t.equal(stdout, 'HELLO, ADA!\n');
  });

  await t.test('what is there is left alone, and a wrong name is told', async (t) => {
    await t.rejects(init('event', join(dir, 'event')), { message: /has .*index\.js.* already/ });
    await t.rejects(init('nothing', join(dir, 'x')), {
      message: /no template "nothing": event, http, typescript, plugin/,
    });
    t.same((await readdir(dir)).sort(), ['event', 'http', 'node_modules', 'plugin', 'typescript']);
  });
});
