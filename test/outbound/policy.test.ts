import t from 'tap';
import { declare } from '../../lib/function/declaration.ts';
import type { FunctionConfig, NetworkConfig } from '../../lib/index.ts';
import { Policy } from '../../lib/outbound/policy.ts';

const allows = (rules: string[], url: string, allowPrivate: boolean | string[] = false): boolean => {
  try {
    new Policy(rules, allowPrivate).checkUrl(new URL(url));
    return true;
  } catch (error) {
    t.match(error, { code: 'NetworkDenied' });
    return false;
  }
};

t.test('a rule allows the hosts, schemes and ports it names, and no others', (t) => {
  const table: [rule: string, yes: string[], no: string[]][] = [
    [
      'api.example.com',
      [
        'https://api.example.com/x',
        'http://api.example.com',
        'https://API.Example.com.',
        'https://api.example.com:443',
        'http://api.example.com:80',
      ],
      [
        'https://example.com',
        'https://x.api.example.com',
        'https://api.example.com:8443',
        'http://api.example.com:443',
        'https://api.example.com.evil.org',
        'https://evilapi.example.com',
        'https://api-example.com',
      ],
    ],
    [
      '*.example.org',
      ['https://a.example.org', 'https://a.b.example.org.'],
      ['https://example.org', 'https://aexample.org', 'https://a.example.org.evil.com'],
    ],
    [
      'https://x.example:8443',
      ['https://x.example:8443/y?z'],
      ['http://x.example:8443', 'https://x.example', 'https://x.example:8444'],
    ],
    ['http://plain.example', ['http://plain.example'], ['https://plain.example']],
    [
      'host.example:8080-8090',
      ['http://host.example:8080', 'https://host.example:8090'],
      ['http://host.example:8079', 'http://host.example:8091', 'http://host.example'],
    ],
    [
      'host.example:*',
      ['http://host.example:1', 'https://host.example:65535', 'https://host.example'],
      ['https://other.example'],
    ],
    [
      '203.0.113.0/24',
      ['http://203.0.113.9', 'http://0xcb.0.113.9', 'http://[::ffff:203.0.113.9]'],
      ['http://203.0.114.1', 'http://203.0.113.9:81', 'http://name.example'],
    ],
    ['203.0.113.5', ['http://203.0.113.5', 'http://3405803781'], ['http://203.0.113.6']],
    ['[2001:db8::]/32:443', ['https://[2001:db8::5]'], ['http://[2001:db8::5]', 'https://[2001:db9::5]']],
    ['2001:db8::/32', ['https://[2001:db8::5]', 'http://[2001:db8:0::5]'], []],
    [
      '*',
      ['https://anything.example', 'http://203.0.113.5', 'https://[2606:4700::1]'],
      [
        'https://anything.example:8443',
        'http://10.0.0.1',
        'http://[::1]',
        'http://127.1',
        'http://0',
        'http://2130706433',
        'http://[::ffff:127.0.0.1]',
        'http://169.254.169.254',
        'http://[64:ff9b::a9fe:a9fe]',
      ],
    ],
    [
      'bücher.example',
      ['https://bücher.example', 'https://xn--bcher-kva.example', 'https://BÜCHER.example'],
      ['https://bucher.example'],
    ],
    ['XN--BCHER-KVA.example', ['https://bücher.example'], []],
    ['localhost', ['http://localhost'], ['http://127.0.0.1']],
  ];
  for (const [rule, yes, no] of table) {
    for (const url of yes) t.ok(allows([rule], url), `${rule} allows ${url}`);
    for (const url of no) t.notOk(allows([rule], url), `${rule} refuses ${url}`);
  }
  t.notOk(allows([], 'https://example.com'), 'nothing by default');
  t.notOk(allows(['*'], 'https://user:pass@example.com'), 'no credentials in a URL');
  t.notOk(allows(['*'], 'ftp://example.com'), 'http and https only');
  t.notOk(allows(['*'], 'file:///etc/passwd'));
  t.end();
});

t.test('addresses that are not public need a grant of their own', (t) => {
  const check = (allowPrivate: boolean | string[], host: string, address: string, port = 80): boolean => {
    try {
      new Policy(['*'], allowPrivate).checkAddress(host, port, address);
      return true;
    } catch {
      return false;
    }
  };
  const table: [grant: boolean | string[], host: string, address: string, granted: boolean, port?: number][] = [
    [false, 'a.example', '8.8.8.8', true],
    [false, 'a.example', '10.0.0.1', false],
    [true, 'a.example', '10.0.0.1', true],
    [true, 'a.example', '127.0.0.1', true],
    [true, 'a.example', '100.64.0.1', true],
    [true, 'a.example', '::ffff:10.0.0.1', true],
    [true, 'a.example', '169.254.169.254', false],
    [true, 'a.example', 'fd00:ec2::254', false],
    [true, 'a.example', '::ffff:169.254.169.254', false],
    [true, 'a.example', '100.100.100.200', false],
    [true, 'a.example', '169.254.1.1', false],
    [true, 'a.example', '0.0.0.0', false],
    [true, 'a.example', 'ff02::1', false],
    [['10.0.0.0/8'], 'a.example', '10.9.9.9', true],
    [['10.0.0.0/8'], 'a.example', '64:ff9b::10.9.9.9', true],
    [['10.0.0.0/8'], 'a.example', '192.168.0.1', false],
    [['169.254.169.254'], '169.254.169.254', '169.254.169.254', true],
    [['db.internal'], 'db.internal', '10.0.0.1', true],
    [['db.internal'], 'other.internal', '10.0.0.1', false],
    [['*.internal'], 'other.internal', '10.0.0.1', true],
    [['db.internal'], 'db.internal', '169.254.169.254', false],
    [['db.internal:5432'], 'db.internal', '10.0.0.1', false],
    [['db.internal:5432'], 'db.internal', '10.0.0.1', true, 5432],
    [['[fd00::]/8:443'], 'a.example', 'fd12::1', true, 443],
    [['[fd00::]/8:443'], 'a.example', 'fd12::1', false, 80],
  ];
  for (const [grant, host, address, granted, port] of table) {
    t.equal(check(grant, host, address, port), granted, `${JSON.stringify(grant)} ${host} at ${address}`);
  }
  t.end();
});

t.test('a refusal tells what was refused, why, and what would grant it', (t) => {
  const policy = new Policy(['*', 'x.example:8080'], false);
  const refusal = (run: () => void): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  t.equal(
    refusal(() => policy.checkUrl(new URL('https://y.example:8443/secret?token=1'))),
    'https://y.example:8443 is not on the allow list; add "y.example:8443" to network.allow to grant it',
  );
  t.equal(
    refusal(() => policy.checkUrl(new URL('http://10.1.2.3/'))),
    '"10.1.2.3" is a private address; add "10.1.2.3" to network.allowPrivate to grant it',
  );
  t.equal(
    refusal(() => policy.checkAddress('a.example', 80, '10.1.2.3')),
    '"a.example" resolves to a private address; add the name or its address range to network.allowPrivate to grant it',
    'the address itself is not told',
  );
  t.match(
    refusal(() => policy.checkAddress('a.example', 80, '169.254.169.254')),
    /metadata service; add its address range/,
  );
  t.end();
});

t.test('a declaration is checked, and secrets are not told', (t) => {
  const wrong: [object, RegExp][] = [
    [{}, /network\.allow/],
    [{ allow: 'a.example' }, /network\.allow/],
    [{ allow: ['a b'] }, /network\.allow\.0: must be a rule such as.*got "a b"/],
    ...[
      '',
      'ftp://a.example',
      'a.example/x',
      'a.*.example',
      '*a.example',
      'a.example:0',
      'a.example:90-80',
      'a.example:65536',
      '10.0.0.0/33',
      'u@a.example',
      'a.example?x',
      'http://',
      '*.10.0.0.1',
      'a.example:80:90',
      '[fd00::',
      '*.',
    ].map((rule): [object, RegExp] => [{ allow: [rule] }, /network\.allow\.0: must be a rule/]),
    [{ allow: [], allowPrivate: ['*'] }, /network\.allowPrivate/],
    [{ allow: [], allowPrivate: ['http://a.example'] }, /network\.allowPrivate/],
    [{ allow: [], maxRequests: 0 }, /network\.maxRequests: .*1, got 0/],
    [{ allow: [], maxConcurrent: 1.5 }, /network\.maxConcurrent/],
    [{ allow: [], maxRequestBytes: -1 }, /network\.maxRequestBytes/],
    [{ allow: [], maxResponseBytes: 1e12 }, /network\.maxResponseBytes/],
    [{ allow: [], timeoutMs: 0 }, /network\.timeoutMs/],
    [{ allow: [], allowed: [] }, /network.*allowed/],
    [{ allow: [], secrets: { 'A-B': { value: 'hush', hosts: ['a.example'] } } }, /network\.secrets/],
    [{ allow: [], secrets: { A: { value: 'hush\n', hosts: ['a.example'] } } }, /network\.secrets\.A\.value: must be/],
    [{ allow: [], secrets: { A: { value: 'hush', hosts: [] } } }, /network\.secrets\.A\.hosts/],
    [{ allow: [], secrets: { A: { value: 'hush', hosts: ['*'] } } }, /network\.secrets\.A\.hosts\.0: must be a host/],
    [{ allow: [], secrets: { A: { value: 'hush', hosts: ['a.example:1'] } } }, /network\.secrets\.A\.hosts\.0/],
    [{ allow: [], secrets: { A: 'hush' } }, /network\.secrets\.A/],
    [{ allow: [], more: 1, secrets: { A: { value: 'hush', hosts: ['a'] } } }, /network: .*more/],
  ];
  const config = (network: object, more: object = {}): FunctionConfig => ({
    functionName: 'f',
    code: { source: '' },
    network: network as NetworkConfig,
    ...more,
  });
  for (const [network, message] of wrong) {
    try {
      declare(config(network));
      t.fail(JSON.stringify(network));
    } catch (error) {
      t.match(error, { code: 'InvalidArgument', message });
      t.notMatch((error as Error).message, 'hush', 'no value of a secret');
    }
  }
  t.throws(
    () =>
      declare(
        config({ allow: [], secrets: { A: { value: 'x', hosts: ['a'] } } }, { environmentVariables: { A: '1' } }),
      ),
    { code: 'InvalidArgument', message: /network\.secrets\.A: is in environmentVariables too/ },
  );
  t.match(declare(config({ allow: ['a.example'] }, { timeout: 7 })).network, {
    allowPrivate: false,
    maxRequests: 50,
    maxConcurrent: 6,
    maxRequestBytes: 6_291_456,
    maxResponseBytes: 33_554_432,
    timeoutMs: 8_000,
    secrets: {},
  });
  t.equal(declare({ functionName: 'f', code: { source: '' } }).network, undefined);
  t.end();
});
