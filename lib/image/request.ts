/** What a declared function asks of its image. */
import type { Artifact } from '../code/artifact.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { environmentOf, styleOf } from '../function/runtimes.ts';
import { buildPlaceholders } from '../outbound/secrets.ts';
import type { ImageRequest } from './images.ts';
import type { ImageFacts } from './key.ts';

/** `hash`: of the bundled module. */
export function imageFacts(declared: DeclaredFunction, hash: string): ImageFacts {
  const { snapshot, memorySize, webAssembly, warmUpEvent, handler, runtime } = declared;
  return {
    hash,
    snapshot,
    memorySize,
    webAssembly,
    ...(warmUpEvent !== undefined && { warmUp: { handler, style: styleOf(runtime), event: warmUpEvent } }),
  };
}

export function imageRequest(
  declared: DeclaredFunction,
  { script, hash, asyncTopLevel }: Pick<Artifact, 'script' | 'hash' | 'asyncTopLevel'>,
): ImageRequest {
  return {
    ...imageFacts(declared, hash),
    script,
    asyncTopLevel,
    env: { ...environmentOf(declared), ...buildPlaceholders(Object.keys(declared.network?.secrets ?? {})) },
  };
}
