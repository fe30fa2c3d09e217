/** What a declared function asks of its image, and what its author is told when there is none. */
import type { Artifact } from '../code/artifact.ts';
import { ENTRY } from '../code/build-failure.ts';
import { mapStack } from '../code/stack.ts';
import { IsopodError } from '../errors.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { environmentOf, styleOf } from '../function/runtimes.ts';
import { powersOf } from '../function/together.ts';
import { buildPlaceholders } from '../outbound/secrets.ts';
import { FUNCTION_FILE, type Powers } from '../protocol/door.ts';
import type { ImageRequest } from './images.ts';
import type { ImageFacts } from './key.ts';

/** `hash`: of the bundled module. */
export function imageFacts(declared: DeclaredFunction, hash: string): ImageFacts {
  const { snapshot, memorySize, warmUpEvent, handler, runtime } = declared;
  const powers = powersOf(declared);
  return {
    hash,
    // What a module keeps while it is evaluated for a snapshot could not be taken away from it any more.
    snapshot: isRestricted(powers) ? 'never' : snapshot,
    memorySize,
    powers,
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

const isRestricted = ({ dynamicCode, sharedMemory, clockResolutionMs }: Powers): boolean =>
  !dynamicCode || sharedMemory || clockResolutionMs > 0;

/**
 * For `catch` behind `Images.get`: the builder tells stacks as V8 does, and these shall point at the function's sources.
 * Frames of the generated entry and of what calls it are left out.
 */
export function rejectWithSources(sourceMap: () => string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof IsopodError) || error.stackTrace === undefined) throw error;
    const mapped = mapStack(error.stackTrace.join('\n'), sourceMap());
    const stackTrace = mapped.filter((line) => !line.includes(ENTRY) && !line.includes(FUNCTION_FILE));
    throw IsopodError.fromRecord({ ...error.toJSON(), stackTrace });
  };
}
