/** Objects that were uploaded for a function to be made from: a bucket and a name stand for bytes. */
import { IsopodError } from '../errors.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Catalog } from '../store/catalog.ts';
import type { Tenant } from '../tenant/tenants.ts';

const KIND = 'object';

interface StoredObject {
  readonly blob: string;
  readonly size: number;
}

/** Keys of the catalog take visible ASCII alone. */
const keyOf = ({ name }: Tenant, bucket: string, object: string): string =>
  `${name}:${encodeURIComponent(bucket)}:${encodeURIComponent(object)}`;

export class Objects {
  readonly #catalog: Catalog;
  readonly #blobs: Blobs;

  constructor(catalog: Catalog, blobs: Blobs) {
    this.#catalog = catalog;
    this.#blobs = blobs;
  }

  async put(tenant: Tenant, bucket: string, object: string, bytes: Uint8Array): Promise<void> {
    const blob = await this.#blobs.put(bytes);
    await this.#catalog.put<StoredObject>(KIND, keyOf(tenant, bucket, object), { blob, size: bytes.byteLength });
  }

  /** Rejects with `CodeNotFound`. */
  async get(tenant: Tenant, bucket: string, object: string): Promise<Uint8Array> {
    const found = await this.#catalog.get<StoredObject>(KIND, keyOf(tenant, bucket, object));
    const bytes = found && (await this.#blobs.get(found.value.blob));
    if (bytes !== undefined) return bytes;
    throw new IsopodError('CodeNotFound', `There is no object ${object} in the bucket ${bucket}; upload it first`);
  }
}
