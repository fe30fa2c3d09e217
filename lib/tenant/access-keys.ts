/** Access keys: who may come in, to which tenant, in which role. Their secrets are sealed, or only their hash is kept. */
import { createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { ROLES, type Role } from './roles.ts';
import { MASTER_KEY_VARIABLE, type SecretBox } from './secret-box.ts';

const KIND = 'access-key';

/** What is stored. A `secret` is sealed; of a token only the SHA-256 is kept, because that is enough to check it. */
const stored = z.object({
  tenant: z.string(),
  role: z.enum(ROLES),
  description: z.string().default(''),
  createdTime: z.string(),
  secret: z.string().optional(),
  tokenHash: z.string().optional(),
});
type Stored = z.output<typeof stored>;

/** A key as it is shown: without anything that would let one in. */
export interface AccessKeyInfo {
  readonly accessKeyId: string;
  readonly tenant: string;
  readonly role: Role;
  /** `signature`: signs requests; `token`: is sent along. */
  readonly type: 'signature' | 'token';
  readonly description: string;
  readonly createdTime: string;
}

/** What its owner is told once. */
export interface NewAccessKey extends AccessKeyInfo {
  /** Of a key that signs. */
  readonly accessKeySecret?: string;
  /** Of a token: goes into `Authorization: Bearer`. */
  readonly token?: string;
}

/** Who a request comes from. */
export interface Identity {
  readonly accessKeyId: string;
  readonly tenant: string;
  readonly role: Role;
}

interface Known extends Identity {
  readonly info: AccessKeyInfo;
  readonly secret: KeyObject | undefined;
  readonly tokenHash: Buffer | undefined;
}

export interface NewKey {
  readonly tenant: string;
  readonly role: Role;
  readonly type: 'signature' | 'token';
  readonly description?: string;
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

export class AccessKeys {
  readonly #catalog: Catalog;
  readonly #box: SecretBox | undefined;
  readonly #known = new Map<string, Known>();

  private constructor(catalog: Catalog, box: SecretBox | undefined) {
    this.#catalog = catalog;
    this.#box = box;
  }

  /** `box`: undefined where secrets must not be stored, because there is no key to seal them with. */
  static async open(catalog: Catalog, box: SecretBox | undefined): Promise<AccessKeys> {
    const keys = new AccessKeys(catalog, box);
    for await (const { key, value } of documents(catalog, KIND)) keys.#remember(key, stored.parse(value));
    catalog.watch(KIND, '', ({ key, value }) => {
      if (value === undefined) keys.#known.delete(key);
      else keys.#remember(key, stored.parse(value));
    });
    return keys;
  }

  /** A key that is not stored, because it comes from the environment at every start. */
  addFixed(accessKeyId: string, accessKeySecret: string, tenant: string, role: Role): void {
    const info: AccessKeyInfo = {
      accessKeyId,
      tenant,
      role,
      type: 'signature',
      description: 'from the environment',
      createdTime: new Date().toISOString(),
    };
    const secret = createSecretKey(Buffer.from(accessKeySecret));
    this.#known.set(accessKeyId, { accessKeyId, tenant, role, info, secret, tokenHash: undefined });
  }

  /** Makes a key. Rejects with `InvalidArgument` when its secret could not be stored safely. */
  async create({ tenant, role, type, description = '' }: NewKey): Promise<NewAccessKey> {
    const accessKeyId = `ISO${randomBytes(12).toString('hex').toUpperCase()}`;
    const random = randomBytes(32).toString('base64url');
    const base = { tenant, role, description, createdTime: new Date().toISOString() };
    const token = `${accessKeyId}.${random}`;
    const document: Stored =
      type === 'token'
        ? { ...base, tokenHash: sha256(token).toString('base64') }
        : { ...base, secret: this.#seal(random, accessKeyId) };
    await this.#catalog.put(KIND, accessKeyId, document, 0);
    const info = this.#remember(accessKeyId, document);
    return type === 'token' ? { ...info, token } : { ...info, accessKeySecret: random };
  }

  #seal(secret: string, accessKeyId: string): string {
    if (this.#box !== undefined) return this.#box.seal(secret, accessKeyId);
    throw new IsopodError(
      'InvalidArgument',
      `Keys that sign are stored encrypted: set ${MASTER_KEY_VARIABLE}, or make a token, of which only a hash is stored`,
    );
  }

  #remember(accessKeyId: string, document: Stored): AccessKeyInfo {
    const { tenant, role, description, createdTime, secret, tokenHash } = document;
    const info: AccessKeyInfo = {
      accessKeyId,
      tenant,
      role,
      type: tokenHash === undefined ? 'signature' : 'token',
      description,
      createdTime,
    };
    this.#known.set(accessKeyId, {
      accessKeyId,
      tenant,
      role,
      info,
      secret: secret === undefined ? undefined : this.#unseal(secret, accessKeyId),
      tokenHash: tokenHash === undefined ? undefined : Buffer.from(tokenHash, 'base64'),
    });
    return info;
  }

  #unseal(sealed: string, accessKeyId: string): KeyObject | undefined {
    if (this.#box === undefined) return undefined;
    return createSecretKey(Buffer.from(this.#box.open(sealed, accessKeyId)));
  }

  /** Who signs with this key, and the secret to check it. Throws `InvalidAccessKeyID`. */
  signer(accessKeyId: string): { readonly identity: Identity; readonly secret: KeyObject } {
    const known = this.#known.get(accessKeyId);
    if (known?.secret !== undefined) return { identity: known, secret: known.secret };
    const why =
      known?.tokenHash === undefined && known !== undefined ? `; its secret needs ${MASTER_KEY_VARIABLE}` : '';
    throw new IsopodError('InvalidAccessKeyID', `invalid access key ID '${shown(accessKeyId)}'${why}`);
  }

  /** Whose token this is. Throws `InvalidAccessKeyID`. */
  bearer(token: string): Identity {
    const known = this.#known.get(token.slice(0, Math.max(0, token.indexOf('.'))));
    const given = sha256(token);
    if (known?.tokenHash !== undefined && timingSafeEqual(known.tokenHash, given)) return known;
    throw new IsopodError('InvalidAccessKeyID', 'The bearer token is not one of this server');
  }

  list(tenant?: string): AccessKeyInfo[] {
    const all = [...this.#known.values()].map(({ info }) => info);
    return tenant === undefined ? all : all.filter((info) => info.tenant === tenant);
  }

  /** Throws `AccessKeyNotFound`. */
  get(accessKeyId: string): AccessKeyInfo {
    const known = this.#known.get(accessKeyId);
    if (known === undefined) {
      throw new IsopodError('AccessKeyNotFound', `There is no access key '${shown(accessKeyId)}'`);
    }
    return known.info;
  }

  /** Nobody comes in with it from now on. Rejects with `AccessKeyNotFound`. */
  async remove(accessKeyId: string): Promise<void> {
    this.get(accessKeyId);
    this.#known.delete(accessKeyId);
    await this.#catalog.delete(KIND, accessKeyId);
  }

  async removeAllOf(tenant: string): Promise<void> {
    for (const { accessKeyId } of this.list(tenant)) await this.remove(accessKeyId);
  }
}

const shown = (id: string): string => (id.length > 64 ? `${id.slice(0, 64)}...` : id);
