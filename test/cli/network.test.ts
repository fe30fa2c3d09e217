import { join } from 'node:path';
import t from 'tap';
import { echo, serve } from '../outbound/servers.ts';
import { isopod } from './command.ts';

t.test('the declaration in package.json may grant the network', async (t) => {
  const port = await serve(t, echo);
  const code = 'export const handler = async (url) => (await fetch(url)).status;';
  const network = { allow: ['127.0.0.1:*'], allowPrivate: ['127.0.0.1'] };
  const dir = t.testdir({
    granted: { 'index.js': code, 'package.json': JSON.stringify({ type: 'module', isopod: { network } }) },
    none: { 'index.js': code, 'package.json': JSON.stringify({ type: 'module' }) },
    wrong: { 'index.js': code, 'package.json': JSON.stringify({ isopod: { network: { allow: ['a b'] } } }) },
  });
  const run = (name: string) => isopod(['run', join(dir, name), '--data', `"http://127.0.0.1:${port}/"`]);
  t.match(await run('granted'), { code: 0, out: '200\n' });
  t.match(await run('none'), { code: 1, err: /The function is granted no network/ });
  t.match(await run('wrong'), { code: 2, err: /network\.allow\.0: must be a rule/ });
});
