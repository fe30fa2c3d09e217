import t from 'tap';
import { AddressRange, effective, kindOf } from '../../lib/outbound/addresses.ts';

t.test('every kind of address is told apart, at both ends of its ranges', (t) => {
  const table: Record<string, string[]> = {
    public: [
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '100.63.255.255',
      '100.128.0.0',
      '223.255.255.255',
      '203.0.113.7',
      '2606:4700::1111',
      '2001:4860:4860::8888',
      '2a00::1',
      '::ffff:8.8.8.8',
      '64:ff9b::8.8.8.8',
      '2002:808:808::1',
    ],
    private: [
      '10.0.0.0',
      '10.255.255.255',
      '172.16.0.0',
      '172.31.255.255',
      '192.168.0.1',
      'fc00::1',
      'fdff:ffff::1',
      'fec0::1',
    ],
    loopback: ['127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'],
    shared: ['100.64.0.1', '100.127.255.255'],
    metadata: [
      '169.254.169.254',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
      'fd00:ec2::254',
      'fd00:0ec2:0::254',
      'fd20:ce::254',
    ],
    'link-local': ['169.254.0.1', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
    reserved: [
      '0.0.0.0',
      '0.1.2.3',
      '192.0.0.1',
      '192.88.99.1',
      '198.18.0.1',
      '198.19.255.255',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      '::127.0.0.1',
      '::7f00:1',
      '::ffff:0:7f00:1',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:10::1',
      '5f00::1',
      'nonsense',
      '',
    ],
  };
  for (const [kind, addresses] of Object.entries(table)) {
    for (const address of addresses) t.equal(kindOf(address), kind, address);
  }
  t.end();
});

t.test('an IPv6 address that carries an IPv4 address is judged by that one', (t) => {
  const carried: [string, string, string][] = [
    ['::ffff:127.0.0.1', '127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', '127.0.0.1', 'loopback'],
    ['0:0:0:0:0:ffff:a00:1', '10.0.0.1', 'private'],
    ['::ffff:169.254.169.254', '169.254.169.254', 'metadata'],
    ['64:ff9b::10.0.0.1', '10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', '169.254.169.254', 'metadata'],
    ['2002:7f00:1::', '127.0.0.1', 'loopback'],
    ['2002:c0a8:101::1', '192.168.1.1', 'private'],
    ['2002:a9fe:a9fe::', '169.254.169.254', 'metadata'],
  ];
  for (const [address, plain, kind] of carried) {
    t.equal(effective(address), plain, address);
    t.equal(kindOf(address), kind, address);
  }
  t.end();
});

t.test('a range is read, or refused', (t) => {
  for (const text of ['10.0.0.0/8', '10.0.0.1', '0.0.0.0/0', 'fd00::/8', '::1', '::/0'])
    t.ok(AddressRange.parse(text), text);
  for (const text of [
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0/8',
    'x',
    '',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '010.0.0.1',
  ])
    t.equal(AddressRange.parse(text), undefined, text);
  t.ok(AddressRange.parse('10.0.0.0/8')?.has('10.1.2.3'));
  t.notOk(AddressRange.parse('10.0.0.0/8')?.has('11.1.2.3'));
  t.notOk(AddressRange.parse('::/0')?.has('11.1.2.3'), 'a range of IPv6 has no IPv4 address');
  t.notOk(AddressRange.parse('0.0.0.0/0')?.has('2606::1'));
  t.end();
});
