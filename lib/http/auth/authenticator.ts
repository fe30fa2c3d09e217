/**
 * Who a request comes from. In two steps, because signatures cover the body: `begin` refuses before a body is read what
 * can be refused by then, `finish` believes the rest.
 */
import { isIP } from 'node:net';
import { IsopodError } from '../../errors.ts';
import type { AccessKeys, Identity } from '../../tenant/access-keys.ts';
import { DEFAULT_TENANT } from '../../tenant/tenants.ts';
import { ACS3, acs3Claim } from './acs3.ts';
import { FC, fcClaim } from './fc-signature.ts';
import { Replays } from './replays.ts';
import { type Claim, headerOf, type SignedRequest } from './signed-request.ts';
import { SIGV4, sigV4Claim } from './sigv4.ts';

export interface AuthenticatorOptions {
  /** Seconds a client's clock may differ. */
  readonly clockToleranceSeconds: number;
  /** Requests without credentials from this machine act as the default tenant's admin. */
  readonly anonymous: boolean;
  /** Nonces remembered per tolerance window. */
  readonly maxNonces?: number;
  readonly now?: () => number;
}

/** Sixteen bytes each, two windows: 128 MB when an attacker with a valid key sends as fast as that. */
const MAX_NONCES = 4_000_000;

export const ANONYMOUS: Identity = Object.freeze({ accessKeyId: '', tenant: DEFAULT_TENANT, role: 'admin' });

/** A request on its way to being believed. */
export interface Pending {
  finish(body: Uint8Array): Identity;
}

export class Authenticator {
  readonly #keys: AccessKeys;
  readonly #toleranceMs: number;
  readonly #anonymous: boolean;
  readonly #replays: Replays;
  readonly #now: () => number;

  constructor(keys: AccessKeys, { clockToleranceSeconds, anonymous, maxNonces, now = Date.now }: AuthenticatorOptions) {
    this.#keys = keys;
    this.#toleranceMs = clockToleranceSeconds * 1_000;
    this.#anonymous = anonymous;
    this.#now = now;
    // What was signed at the edge of the window can be sent again for twice the tolerance.
    this.#replays = new Replays(this.#toleranceMs * 2, maxNonces ?? MAX_NONCES, now());
  }

  /**
   * Throws `AccessDenied`, `InvalidAccessKeyID`, `RequestTimeTooSkewed`, `MissingRequiredHeader`, or `InvalidArgument` for an
   * Authorization header no scheme knows.
   */
  begin(request: SignedRequest, remoteAddress: string | undefined): Pending {
    const authorization = headerOf(request, 'authorization');
    if (authorization === '') return this.#unsigned(request, remoteAddress);
    const at = authorization.indexOf(' ');
    const scheme = at === -1 ? authorization : authorization.slice(0, at);
    const rest = at === -1 ? '' : authorization.slice(at + 1).trim();
    switch (scheme) {
      case ACS3:
        return this.#signed(acs3Claim(request, rest));
      case SIGV4:
        return this.#signed(sigV4Claim(request, rest));
      case FC:
        return this.#signed(fcClaim(request, rest));
      case 'Bearer':
      case 'bearer':
        return known(this.#keys.bearer(rest));
      default:
        throw new IsopodError(
          'InvalidArgument',
          `The Authorization header must begin with ${ACS3}, ${SIGV4}, ${FC} or Bearer`,
        );
    }
  }

  #unsigned(request: SignedRequest, remoteAddress: string | undefined): Pending {
    const token = headerOf(request, 'x-acs-bearer-token');
    if (token !== '') return known(this.#keys.bearer(token));
    if (this.#anonymous && isLoopback(remoteAddress) && isOwnPage(request)) return known(ANONYMOUS);
    throw new IsopodError(
      'AccessDenied',
      'The request carries no credentials: sign it with an access key, or send a token',
    );
  }

  #signed(claim: Claim): Pending {
    const { identity, secret } = this.#keys.signer(claim.accessKeyId);
    if (claim.signedAt !== undefined && Math.abs(this.#now() - claim.signedAt) > this.#toleranceMs) {
      throw new IsopodError(
        'RequestTimeTooSkewed',
        `The request is dated ${new Date(claim.signedAt).toISOString()}; it may be ${this.#toleranceMs / 1_000} s off this server's clock`,
      );
    }
    return {
      finish: (body) => {
        claim.verify(secret, body);
        if (claim.once !== undefined && !this.#replays.take(claim.once, this.#now())) {
          throw new IsopodError('SignatureNonceUsed', 'A request with this signature nonce was answered already');
        }
        return identity;
      },
    };
  }
}

const known = (identity: Identity): Pending => ({ finish: () => identity });

export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1';
}

/**
 * A web page opened in a browser on this machine can send requests here, too. It cannot leave out where it comes from, and
 * a name made to point at this machine is in `Host`.
 */
function isOwnPage(request: SignedRequest): boolean {
  const host = headerOf(request, 'host') || headerOf(request, ':authority');
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (host !== '' && name !== 'localhost' && !isLoopback(name)) return false;
  const origin = headerOf(request, 'origin');
  return origin === '' || origin === `http://${host}` || origin === `https://${host}`;
}
