import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { v8Flags } from '../../lib/image/v8-flags.ts';

t.test('the flags of V8 are told from those of Node', (t) => {
  const given = [
    '--expose-gc',
    '--stack-size=900',
    '--no-opt',
    '--jitless',
    '--import=./hook.mjs',
    '--inspect=0',
    '--max-old-space-size=100',
    '--test',
    '--eval',
    'text',
    '-r',
    '--watch-path=x',
    '--no-warnings',
    '',
  ];
  t.same(v8Flags(given), ['--expose-gc', '--stack-size=900', '--no-opt', '--jitless']);
  t.end();
});

t.test('closing an engine changes no flag: code caches would be refused', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'isopod-flags-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  await writeFile(
    join(dir, 'app.mjs'),
    `import { createEngine } from ${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)};
    import { cachedDataVersionTag } from 'node:v8';
    const engine = await createEngine({ workers: 1 });
    const before = cachedDataVersionTag();
    await engine.createFunction({ functionName: 'f', code: { source: 'export const handler = () => 1' }, lane: 'worker', timeout: 60 });
    await engine.invoke('f', null);
    await engine.close();
    process.send([before, cachedDataVersionTag()]);`,
  );
  for (const execArgv of [['--no-warnings'], ['--no-warnings', '--expose-gc', '--no-opt']]) {
    const child = fork(join(dir, 'app.mjs'), { execArgv });
    const [tags] = (await once(child, 'message')) as [number[]];
    t.equal(tags[0], tags[1], execArgv.join(' '));
    await once(child, 'exit');
  }
});
