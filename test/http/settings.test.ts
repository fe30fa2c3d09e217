/** Settings: where they come from, and the page that lists them. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { readSettings } from '../../lib/cli/server-settings.ts';
import { SETTINGS, settingsSchema } from '../../lib/http/settings.ts';
import { withTable } from '../../scripts/settings-table.ts';

t.test('docs/serve.md lists every setting (scripts/settings-table.ts writes it)', (t) => {
  const page = readFileSync(new URL('../../docs/serve.md', import.meta.url), 'utf8');
  t.equal(page, withTable(page));
  t.equal(SETTINGS.length, Object.keys(settingsSchema.shape).length);
  t.same(
    SETTINGS.filter(({ description }) => !/^[A-Z].*\.$/.test(description)),
    [],
    'each with a sentence',
  );
  t.end();
});

t.test('the command line counts before the environment, that before the file, that before the defaults', async (t) => {
  const dir = t.testdir({ 'isopod.json': '{"port": 1, "region": "cn-file", "maxCells": 3, "keepAliveSeconds": 9}' });
  const settings = await readSettings({ port: '4' }, `${dir}/isopod.json`, {
    ISOPOD_PORT: '2',
    ISOPOD_REGION: 'cn-env',
    ISOPOD_ANONYMOUS: 'true',
    ISOPOD_MEMORY_BUDGET_MB: '64',
    ISOPOD_ELSE: 'x',
  });
  t.match(settings, {
    port: 4,
    region: 'cn-env',
    maxCells: 3,
    keepAliveSeconds: 9,
    anonymous: true,
    memoryBudgetMB: 64,
    internet: false,
  });
  t.match(await readSettings({}, undefined, { ISOPOD_CONFIG: `${dir}/isopod.json` }), { port: 1 });
});

t.test('a wrong setting is named with its bound', async (t) => {
  await t.rejects(readSettings({ port: '70000' }, undefined, {}), {
    code: 'InvalidArgument',
    message: /port: .*65535.*70000/,
  });
  const dir = t.testdir({ 'bad.json': '{', 'list.json': '[]', 'unknown.json': '{"prot": 1}' });
  for (const name of ['bad.json', 'list.json', 'unknown.json', 'none.json']) {
    await t.rejects(readSettings({}, `${dir}/${name}`, {}), { code: 'InvalidArgument' }, name);
  }
});
