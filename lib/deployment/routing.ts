/** Decides which version takes a request of an alias. Pure: the same request id always comes to the same version. */

/** Versions an alias sends requests to. */
export interface Route {
  readonly versionId: string;
  /** Version -> share of all requests, 0-1; `versionId` gets the rest. */
  readonly additionalVersionWeight: Readonly<Record<string, number>>;
}

export function versionFor({ versionId, additionalVersionWeight }: Route, requestId: string): string {
  let left: number | undefined;
  for (const version in additionalVersionWeight) {
    left ??= spread(requestId);
    left -= additionalVersionWeight[version] as number;
    if (left < 0) return version;
  }
  return versionId;
}

/** A text as a number from 0 to 1, evenly spread also over texts that differ in their last character only. */
export function spread(text: string): number {
  // FNV-1a, then the last steps of MurmurHash3, which carry every bit to every other.
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
