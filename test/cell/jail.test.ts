import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { openPowers, POWERS } from '../../lib/cell/confinement.ts';
import { jailCommand, permissionFlags } from '../../lib/cell/jail.ts';

/** What a script tells with `tell(value)`. Run behind `env -i`: the test runner loads itself into what it starts otherwise. */
async function outside(script: string): Promise<unknown> {
  const lib = new URL('../../lib/', import.meta.url).href;
  const text = `const tell = (value) => console.log(JSON.stringify(value));
    const load = (path) => import(${JSON.stringify(lib)} + path);
    ${script}`;
  const args = ['-i', process.execPath, '--no-warnings', '--input-type=module', '-e', text];
  const { stdout } = await promisify(execFile)('/usr/bin/env', args);
  return JSON.parse(stdout);
}

t.test('a process that is not locked in has every power', async (t) => {
  t.same(await openPowers(), Object.keys(POWERS));
});

t.test('what keeps a cell in is tried out in it, and gaps are told', async (t) => {
  const powers = (await outside(`
    const { Cell } = await load('cell/cell.ts');
    const cell = new Cell(() => undefined, []);
    tell(await cell.powers());
    cell.kill('the test is over');`)) as string[];
  // Newer permission models close the network by themselves.
  t.same(
    powers.filter((power) => power !== 'reach the network'),
    ['see other processes'],
  );
});

t.test('a cell may read this package and what it depends on, nothing above', async (t) => {
  const readable = permissionFlags().filter((flag) => flag.startsWith('--allow-fs-read='));
  t.ok(readable.length >= 3);
  t.same(
    readable.filter((flag) => !/\/(lib\/\*|dist\/\*|node_modules(\/\*)?|package\.json|alpine-release)$/.test(flag)),
    [],
  );
  t.notMatch(permissionFlags().join(' '), /allow-(child|fs-write|net|wasi)/);
});

t.test('a jailed function runs locked in, or is refused with what is missing', async (t) => {
  const told = await outside(`
    const { createEngine } = await load('index.ts');
    const engine = await createEngine({ workers: 0 });
    const code = { source: 'export const handler = (event) => [event];' };
    try {
      await engine.createFunction({ functionName: 'f', isolation: 'jailed', timeout: 60, code });
      tell({ isolation: engine.getFunction('f').isolation, value: await engine.invoke('f', 1) });
    } catch ({ code, message, retryable }) {
      tell({ code, message, retryable });
    }
    await engine.close();`);
  const locks = (await jailCommand()).some((word) => word.endsWith('unshare'));
  // Without namespaces nothing is pretended.
  const refusal = { code: 'JailUnavailable', message: /a cell could .*(network|processes)/, retryable: false };
  t.match(told, locks ? { isolation: 'jailed', value: [1] } : refusal);
});
