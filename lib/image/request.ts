/** What a declared function asks of its image. */
import type { Artifact } from '../code/artifact.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { environmentOf, styleOf } from '../function/runtimes.ts';
import { buildPlaceholders } from '../outbound/secrets.ts';
import type { ImageRequest } from './images.ts';

export function imageRequest(declared: DeclaredFunction, { script, hash, asyncTopLevel }: Artifact): ImageRequest {
  const { snapshot, memorySize, webAssembly, network, warmUpEvent, handler, runtime } = declared;
  return {
    script,
    hash,
    asyncTopLevel,
    snapshot,
    memorySize,
    env: { ...environmentOf(declared), ...buildPlaceholders(Object.keys(network?.secrets ?? {})) },
    webAssembly,
    ...(warmUpEvent !== undefined && { warmUp: { handler, style: styleOf(runtime), event: warmUpEvent } }),
  };
}
