/** Keys of documents as keys of a NATS bucket, which know fewer characters. One key has one form. */

/** What a bucket's key may hold as it is; a dot separates the kind. */
const PLAIN = /[^\w-]/g;

const written = (text: string): string =>
  text.replace(PLAIN, (character) => `=${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
const read = (text: string): string =>
  text.replace(/=([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

export const bucketKey = (kind: string, key: string): string => `${written(kind)}.${written(key)}`;

/** Undefined for a key that is not ours. */
export function documentKey(bucketKey: string): { readonly kind: string; readonly key: string } | undefined {
  const [kind, key, ...rest] = bucketKey.split('.');
  return kind === undefined || key === undefined || rest.length > 0 ? undefined : { kind: read(kind), key: read(key) };
}
