/** Secrets that must be read again, such as those signatures are made with: encrypted with a key that is not stored beside them. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { IsopodError } from '../errors.ts';

/** The variable the key comes from. */
export const MASTER_KEY_VARIABLE = 'ISOPOD_MASTER_KEY';
const LEAST_CHARACTERS = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Not a secret: makes one pass phrase give different keys to different programs. */
const SALT = 'isopod access keys v1';

export class SecretBox {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** Throws `InvalidArgument` when the pass phrase is too short. */
  static withPassphrase(passphrase: string): SecretBox {
    if (passphrase.length < LEAST_CHARACTERS) {
      throw new IsopodError(
        'InvalidArgument',
        `${MASTER_KEY_VARIABLE} must have at least ${LEAST_CHARACTERS} characters; \`openssl rand -base64 32\` makes a good one`,
      );
    }
    return new SecretBox(scryptSync(passphrase, SALT, 32));
  }

  /** For secrets that do not outlive the process. */
  static forThisProcess(): SecretBox {
    return new SecretBox(randomBytes(32));
  }

  /** `owner` is bound to the secret: moved to another owner, it cannot be read. */
  seal(secret: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(owner));
    const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64');
  }

  /** Throws `AccessDenied` when it was sealed with another key, or changed. */
  open(sealed: string, owner: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (error) {
      throw new IsopodError(
        'AccessDenied',
        `The secret of ${owner} cannot be read: it was stored with another ${MASTER_KEY_VARIABLE}`,
        { cause: error },
      );
    }
  }
}
