/** Wrong use, help and version of the command. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { isopod } from './command.ts';

const hello = 'fixtures/functions/hello';

t.test('wrong use ends with 2 and says what is wrong', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /Usage: isopod/],
    [['fly'], /unknown command 'fly'/],
    [['run'], /missing required argument 'path'/],
    [['run', 'no/such/folder'], /CodeNotFound: .*no\/such\/folder/],
    [['run', hello, '--data', '{'], /InvalidArgument: --data is not JSON/],
    [['run', hello, '--data', '@nothing.json'], /InvalidArgument: --data: ENOENT/],
    [['run', hello, '--lane', 'fast'], /Allowed choices are auto, direct, worker/],
    [['run', hello, '--times', '1.5'], /whole number/],
    [['run', hello, '--timeout', '-1'], /greater than 0/],
    [['run', hello, '--env', 'NAME'], /NAME=value/],
    [['run', hello, '--memory', '2'], /InvalidArgument: .*memorySize/],
    [['run', hello, '--handler', 'nodot'], /InvalidArgument: .*handler/],
    [['start', 'no/such/folder'], /CodeNotFound/],
    [['start', '--port', '70000'], /0 to 65535/],
    [['functions', '--server', 'x'], /unknown option '--server'\n\(isopod functions --help tells more\)/],
  ];
  for (const [args, message] of cases) {
    const { code, err, out } = await isopod(args);
    t.equal(code, 2, `isopod ${args.join(' ')}`);
    t.match(err, message);
    t.equal(out, '');
  }
});

t.test('--help and --version end well', async (t) => {
  const help = await isopod(['run', '--help']);
  t.equal(help.code, 0);
  t.match(help.out, /--times <n>/);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  t.equal((await isopod(['--version'])).out, `${version}\n`);
});
