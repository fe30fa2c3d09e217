/**
 * Secrets a function may use and never sees. The guest reads a placeholder from its environment and puts it into a
 * header; the value takes its place on the way out, when the host is one the secret is for. A placeholder is random, so
 * that nobody but the guest can name it: not a visitor whose headers the guest passes on, for example.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { NetworkSecret } from '../types.ts';
import { kindOf } from './addresses.ts';
import type { HeaderPairs } from './headers.ts';
import { denied } from './policy.ts';
import { hostOf, namesHost, parseRule, type Rule } from './rules.ts';

const PREFIX = 'isopod-secret:';
const PLACEHOLDER = /isopod-secret:\w+:[\da-f]{32}/g;
const makePlaceholder = (name: string, random: string): string => `${PREFIX}${name}:${random}`;

/** What an image builder's environment holds: a module may look whether a variable is there. */
export function buildPlaceholders(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, makePlaceholder(name, '0'.repeat(32))]));
}

/** A header value, or a URL, holds a placeholder, whoever it belongs to. */
export const holdsPlaceholder = (text: string): boolean => text.includes(PREFIX);

interface Secret {
  readonly name: string;
  readonly value: string;
  readonly hosts: readonly Rule[];
}

export class Secrets {
  readonly #secrets = new Map<string, Secret>();
  /** Variable -> placeholder: the guest's environment. */
  readonly placeholders: Readonly<Record<string, string>>;

  constructor(declared: Readonly<Record<string, NetworkSecret>>) {
    const placeholders: Record<string, string> = {};
    for (const [name, { value, hosts }] of Object.entries(declared)) {
      const placeholder = makePlaceholder(name, randomBytes(16).toString('hex'));
      placeholders[name] = placeholder;
      this.#secrets.set(placeholder, { name, value, hosts: hosts.map((host) => parseRule(host) as Rule) });
    }
    this.placeholders = placeholders;
  }

  /** The headers with values in place of placeholders. Throws `NetworkDenied` where one may not go. */
  fill(headers: HeaderPairs, url: URL): HeaderPairs {
    if (holdsPlaceholder(url.href) || holdsPlaceholder(decoded(url))) {
      throw denied('A secret in a URL is not allowed; put it into a header');
    }
    return headers.map(([name, value]) =>
      holdsPlaceholder(value) ? [name, this.#fillValue(value, url)] : [name, value],
    );
  }

  #fillValue(value: string, url: URL): string {
    if (holdsPlaceholder(value.replace(PLACEHOLDER, ''))) {
      throw denied('A header holds a part of a placeholder; send the variable as it is');
    }
    return value.replace(PLACEHOLDER, (found) => this.#valueOf(found, url));
  }

  #valueOf(placeholder: string, url: URL): string {
    const secret = this.#secrets.get(placeholder);
    if (secret === undefined) throw denied('A header holds a placeholder that is not, or no longer, of this function');
    const host = hostOf(url);
    if (!secret.hosts.some((rule) => namesHost(rule, host))) {
      throw denied(
        `The secret ${secret.name} may not go to ${host}; add the host to network.secrets.${secret.name}.hosts`,
      );
    }
    // Plain http stays on this machine only when an address says so; a name may resolve elsewhere the next time.
    if (url.protocol !== 'https:' && !(isIP(host) !== 0 && kindOf(host) === 'loopback')) {
      throw denied(`The secret ${secret.name} may go over https: only (http: to a loopback address)`);
    }
    return secret.value;
  }
}

function decoded(url: URL): string {
  try {
    return decodeURIComponent(url.href);
  } catch {
    return '';
  }
}
