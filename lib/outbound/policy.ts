/** What a function may reach. Asked before every request and redirect, and again with every address to be connected to. */
import { isIP } from 'node:net';
import { IsopodError } from '../errors.ts';
import { type AddressKind, effective, GRANTED_AS_A_WHOLE, kindOf } from './addresses.ts';
import { allowsUrl, coversPort, hostOf, namesHost, parseRule, portOf, type Rule } from './rules.ts';

export const denied = (message: string): IsopodError => new IsopodError('NetworkDenied', message);

const described: Readonly<Record<AddressKind, string>> = {
  public: 'a public address',
  private: 'a private address',
  loopback: 'a loopback address',
  shared: 'an address of a shared (carrier-grade NAT) range',
  metadata: "an address of a cloud's metadata service",
  'link-local': 'a link-local address',
  multicast: 'a multicast address',
  reserved: 'a reserved address',
};

export class Policy {
  readonly #allow: readonly Rule[];
  readonly #allowPrivate: boolean | readonly Rule[];

  /** The texts are rules, checked before. */
  constructor(allow: readonly string[], allowPrivate: boolean | readonly string[]) {
    this.#allow = allow.map(toRule);
    this.#allowPrivate = typeof allowPrivate === 'boolean' ? allowPrivate : allowPrivate.map(toRule);
  }

  /** Throws `NetworkDenied`. Looks no name up: that is for the moment of connecting. */
  checkUrl(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw denied(`${url.protocol} is not allowed; only http: and https: are`);
    }
    if (url.username !== '' || url.password !== '') {
      throw denied('A URL with a user name or password is not allowed; send an authorization header instead');
    }
    const host = hostOf(url);
    if (!this.#allow.some((rule) => allowsUrl(rule, url))) {
      throw denied(`${url.origin} is not on the allow list; add "${ruleFor(url)}" to network.allow to grant it`);
    }
    if (isIP(host) !== 0) this.checkAddress(host, portOf(url), host);
  }

  /** Throws `NetworkDenied` when `address`, which `host` stands for, is not public and was not granted. */
  checkAddress(host: string, port: number, address: string): void {
    const kind = kindOf(address);
    if (kind === 'public' || this.#isGranted(kind, host, port, effective(address))) return;
    const whole = GRANTED_AS_A_WHOLE.includes(kind);
    const literal = isIP(host) !== 0;
    throw denied(
      `"${host}" ${literal ? 'is' : 'resolves to'} ${described[kind]}; add ` +
        `${literal ? `"${host}"` : whole ? 'the name or its address range' : 'its address range'} to network.allowPrivate to grant it`,
    );
  }

  #isGranted(kind: AddressKind, host: string, port: number, address: string): boolean {
    const whole = GRANTED_AS_A_WHOLE.includes(kind);
    if (typeof this.#allowPrivate === 'boolean') return this.#allowPrivate && whole;
    return this.#allowPrivate.some((rule) => {
      if (!coversPort(rule, port)) return false;
      return rule.range === undefined ? whole && isIP(host) === 0 && namesHost(rule, host) : rule.range.has(address);
    });
  }
}

/** The rule that would allow just this. */
function ruleFor(url: URL): string {
  return url.port === '' ? url.hostname : `${url.hostname}:${url.port}`;
}

function toRule(text: string): Rule {
  const rule = parseRule(text);
  if (rule === undefined) throw new IsopodError('InvalidArgument', `"${text}" is not a network rule`);
  return rule;
}
