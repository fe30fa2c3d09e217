/** Rules of `network.allow` and `network.allowPrivate`: what they look like, and which hosts they name. */
import { isIP } from 'node:net';
import { AddressRange, effective } from './addresses.ts';

export interface Rule {
  /** Undefined: `http:` and `https:`. */
  readonly protocol: string | undefined;
  /** Undefined when the rule says nothing: the protocol's own port in `allow`, every port in `allowPrivate`. */
  readonly ports: readonly [first: number, last: number] | undefined;
  /** A host name without trailing dot; undefined for the other kinds. */
  readonly name: string | undefined;
  /** `.example.org`, from `*.example.org`; empty from `*`. */
  readonly suffix: string | undefined;
  readonly range: AddressRange | undefined;
}

const SHAPE =
  /^(?:(https?):\/\/)?(\[[\da-f:.]+\](?:\/\d{1,3})?|[^:/?#@[\]\s]+(?:\/\d{1,2})?)(?::(\*|\d{1,5}(?:-\d{1,5})?))?$/i;

/** Undefined when the text is no rule. Forms: see `NetworkConfig.allow`. */
export function parseRule(text: string): Rule | undefined {
  const bare = AddressRange.parse(text);
  const [, scheme, host = '', portText] = SHAPE.exec(text) ?? [];
  const ports = portText === undefined ? undefined : portsOf(portText);
  if (portText !== undefined && ports === undefined) return undefined;
  const rule = {
    protocol: scheme === undefined ? undefined : `${scheme.toLowerCase()}:`,
    ports,
    name: undefined,
    suffix: undefined,
    range: bare ?? AddressRange.parse(host.replace(/[[\]]/g, '')),
  };
  if (rule.range !== undefined) return rule;
  if (host === '*') return { ...rule, suffix: '' };
  const wild = host.startsWith('*.');
  const name = nameOf(wild ? host.slice(2) : host);
  // An address in an odd notation, such as 0x7f.1, is taken for what it is.
  if (name === undefined || (wild && isIP(name) !== 0)) return undefined;
  if (isIP(name) !== 0) return { ...rule, range: AddressRange.parse(name) };
  return wild ? { ...rule, suffix: `.${name}` } : { ...rule, name };
}

function portsOf(text: string): [number, number] | undefined {
  if (text === '*') return [1, 65_535];
  const [first = 0, last = first] = text.split('-').map(Number);
  return first >= 1 && first <= last && last <= 65_535 ? [first, last] : undefined;
}

/** A host as a URL has it: lower case, punycode. */
function nameOf(host: string): string | undefined {
  if (/[*/]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return hostOf(new URL(`http://${host}`));
}

/** Host name without trailing dot, or address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? defaultPort(url.protocol) : Number(url.port);
}

const defaultPort = (protocol: string): number => (protocol === 'https:' ? 443 : 80);

/** The rule names this host: by name, or, for an address, by range. */
export function namesHost(rule: Rule, host: string): boolean {
  if (isIP(host) !== 0) return rule.range?.has(effective(host)) ?? rule.suffix === '';
  return rule.name === host || (rule.suffix !== undefined && host.endsWith(rule.suffix));
}

/** The rule allows requests to this URL. */
export function allowsUrl(rule: Rule, url: URL): boolean {
  if (rule.protocol !== undefined && rule.protocol !== url.protocol) return false;
  const port = portOf(url);
  const [first, last] = rule.ports ?? [defaultPort(url.protocol), defaultPort(url.protocol)];
  return port >= first && port <= last && namesHost(rule, hostOf(url));
}

/** For `allowPrivate`: the rule is about this port. */
export function coversPort(rule: Rule, port: number): boolean {
  return rule.ports === undefined || (port >= rule.ports[0] && port <= rule.ports[1]);
}
