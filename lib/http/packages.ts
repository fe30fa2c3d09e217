/** Which code packages the API still needs: all that a document of its own names. */
import type { Blobs } from '../store/blobs.ts';
import { type Catalog, documents } from '../store/catalog.ts';

/** Functions and their versions, layers, uploaded objects. */
const KINDS = ['api-function', 'api-version', 'layer-version', 'object'];
/** One that young is being named just now; milliseconds. */
const YOUNG_MS = 60_000;

/** Removes the others; at a start, when nothing is being deployed. */
export async function sweepPackages(catalog: Catalog, blobs: Blobs): Promise<void> {
  const used = new Set<string>();
  for (const kind of KINDS) {
    for await (const { value } of documents<{ codeSha256?: string; blob?: string }>(catalog, kind)) {
      if (value.codeSha256 !== undefined) used.add(value.codeSha256);
      if (value.blob !== undefined) used.add(value.blob);
    }
  }
  await blobs.sweep((hash) => used.has(hash), YOUNG_MS);
}
