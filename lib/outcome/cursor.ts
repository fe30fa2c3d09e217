/** Where a page of a list ends, as a text its reader hands back for the next one. */
import { IsopodError } from '../errors.ts';

export function tokenOf(place: readonly number[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Throws `InvalidArgument` for a token that was not made here. */
export function cursorOf(token: string, length: number): readonly number[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (Array.isArray(place) && place.length === length && place.every((part) => typeof part === 'number'))
      return place;
  } catch {
    // Told below.
  }
  throw new IsopodError('InvalidArgument', 'nextToken: must be the nextToken of the page before');
}
