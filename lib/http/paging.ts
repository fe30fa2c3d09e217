/** Lists in pages: tokens name the last item of the page before, so items that come and go do not shift the rest. */
import { z } from 'zod';
import { IsopodError } from '../errors.ts';

const MAX_PAGE = 100;

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE).describe('Items of a page.'),
  nextToken: z.string().min(1).optional().describe('As the page before gave it.'),
};

export interface Paged<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

/** `items` in the order of their keys. */
export function page<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit, nextToken }: { readonly limit: number; readonly nextToken?: string | undefined },
): Paged<T> {
  const after = nextToken === undefined ? undefined : readToken(nextToken);
  const sorted = items
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const shown = sorted.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    ...(sorted.length > shown.length && last !== undefined && { nextToken: makeToken(last.key) }),
  };
}

export const makeToken = (key: string): string => Buffer.from(key).toString('base64url');

export function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (key !== '' && makeToken(key) === token) return key;
  throw new IsopodError('InvalidArgument', 'nextToken must be one that the page before gave');
}
