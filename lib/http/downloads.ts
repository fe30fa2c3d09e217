/** Code packages to be fetched for a while by whoever has the address: it is signed, and says when it ends. */
import { createHmac, randomBytes } from 'node:crypto';
import { IsopodError } from '../errors.ts';
import { sameText } from './auth/signed-request.ts';
import type { Described } from './functions.ts';

export const DOWNLOAD_PATH = '/isopod/code';
const VALID_MS = 600_000;

export class Downloads {
  /** Of this process: addresses do not outlive it. */
  readonly #secret = randomBytes(32);

  #sign(sha256: string, until: number): string {
    return createHmac('sha256', this.#secret).update(`${sha256}\n${until}`).digest('base64url');
  }

  urlOf(origin: string, { codeSha256 }: Pick<Described, 'codeSha256'>): string {
    const until = Date.now() + VALID_MS;
    return `${origin}${DOWNLOAD_PATH}/${codeSha256}?until=${until}&signature=${this.#sign(codeSha256, until)}`;
  }

  /** Throws `AccessDenied` unless this process made the address, not long ago. */
  check(sha256: string, until: number, signature: string): void {
    if (sameText(this.#sign(sha256, until), signature) && Date.now() < until) return;
    throw new IsopodError('AccessDenied', 'This address is not valid, or no longer; ask for a new one');
  }
}
