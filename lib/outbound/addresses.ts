/**
 * Which addresses are not the public internet. An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is
 * judged by the one it carries.
 */
import { BlockList, isIP } from 'node:net';

/**
 * `private`, `loopback` and `shared` (carrier-grade NAT) can be granted as a whole; the rest only by naming the range,
 * because nobody means them: `metadata` (a cloud's credential service), `link-local`, `multicast`, `reserved`.
 */
export type AddressKind =
  | 'public'
  | 'private'
  | 'loopback'
  | 'shared'
  | 'metadata'
  | 'link-local'
  | 'multicast'
  | 'reserved';

export const GRANTED_AS_A_WHOLE: readonly AddressKind[] = ['private', 'loopback', 'shared'];

/** From the IANA special-purpose registries, and the clouds' metadata services. The first range that matches counts. */
const ranges: readonly (readonly [AddressKind, readonly string[]])[] = [
  // AWS and most others, Alibaba Cloud, Oracle, Azure; AWS and Google over IPv6.
  [
    'metadata',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '169.254.170.23/32',
      '100.100.100.200/32',
      '192.0.0.192/32',
      '168.63.129.16/32',
      'fd00:ec2::/32',
      'fd20:ce::254/128',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10']],
  ['shared', ['100.64.0.0/10']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  // Unspecified, protocol assignments, 6to4 relays, benchmarks, future use and broadcast;
  // IPv4-compatible, IPv4-translated, local NAT64, discard, Teredo and its like, segment routing.
  [
    'reserved',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '240.0.0.0/4',
      '::/96',
      '::ffff:0:0:0/96',
      '64:ff9b:1::/48',
      '100::/64',
      '2001::/23',
      '5f00::/16',
    ],
  ],
];

/** An address range: `10.0.0.0/8`, `fd00::/8`, or one address. Undefined when it is none. */
export class AddressRange {
  readonly #list: BlockList;
  readonly #version: number;

  private constructor(list: BlockList, version: number) {
    this.#list = list;
    this.#version = version;
  }

  static parse(text: string): AddressRange | undefined {
    const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const length = prefix === undefined ? longest : Number(prefix);
    if (version === 0 || length > longest) return undefined;
    const list = new BlockList();
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
    return new AddressRange(list, version);
  }

  /** `address` as `effective` gives it. */
  has(address: string): boolean {
    // A list takes an IPv4 address for the IPv6 one it maps to.
    return isIP(address) === this.#version && this.#list.check(address, this.#version === 4 ? 'ipv4' : 'ipv6');
  }
}

const kinds = ranges.flatMap(([kind, texts]) =>
  texts.map((text) => [kind, AddressRange.parse(text) as AddressRange] as const),
);

/** Prefixes, in 16-bit groups, after which an IPv4 address stands: mapped, NAT64, 6to4. */
const carriers: readonly (readonly number[])[] = [[0, 0, 0, 0, 0, 0xffff], [0x64, 0xff9b, 0, 0, 0, 0], [0x2002]];

/** The address a packet in the end goes to: without zone, and the carried IPv4 address where there is one. */
export function effective(address: string): string {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) !== 6) return plain;
  const groups = groupsOf(plain);
  for (const prefix of carriers) {
    if (!prefix.every((group, at) => groups[at] === group)) continue;
    const high = groups[prefix.length] as number;
    const low = groups[prefix.length + 1] as number;
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return plain;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_all, a: string, b: string, c: string, d: string) =>
      `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`,
  );
  const [head = '', tail] = hexadecimal.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  if (tail === undefined) return first;
  const last = groups(tail);
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

/** What an address is; one that cannot be read is `reserved`. */
export function kindOf(address: string): AddressKind {
  const plain = effective(address);
  if (isIP(plain) === 0) return 'reserved';
  for (const [kind, range] of kinds) if (range.has(plain)) return kind;
  return 'public';
}
