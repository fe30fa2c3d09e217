/** Says before deployment what of a function's code works inside an isolate. */
import type { Cell } from '../cell/cell.ts';
import { Cells } from '../cell/cells.ts';
import type { Artifact } from '../code/artifact.ts';
import { loadCode } from '../code/load.ts';
import { NOTHING, surveyCode } from '../code/survey.ts';
import { type ErrorCode, IsopodError } from '../errors.ts';
import { type DeclaredFunction, declare } from '../function/declaration.ts';
import { eventFormOf } from '../function/runtimes.ts';
import { Images } from '../image/images.ts';
import { imageRequest, rejectWithSources } from '../image/request.ts';
import { Definition } from '../instance/definition.ts';
import type { InstanceOwner } from '../instance/instance.ts';
import { Observers } from '../observe/observers.ts';
import { RemoteInstance } from '../remote/remote-instance.ts';
import { Home } from '../store/home.ts';
import type { FunctionConfig } from '../types.ts';
import { globalTiers } from './global-tiers.ts';
import { listGlobals, listModules, listPackages, listUnresolved } from './lists.ts';
import type { CheckedStart, CompatibilityReport } from './report.ts';
import { judge } from './verdict.ts';

/** Failures of the code, which are part of the report. All others are the caller's or the machine's. */
const REPORTED: readonly ErrorCode[] = [
  ...(['BuildFailed', 'CodeNotFound', 'CodeTooLarge', 'TopLevelFailed', 'FunctionOutOfMemory'] as const),
  ...(['FunctionTimeout', 'HandlerNotFound'] as const),
];

/** Starts, of which the quickest is told: the first in a process also warms the process up. */
const STARTS = 3;

/** How far the function came, and why no further. */
interface Tried {
  readonly artifact?: Artifact;
  readonly start?: CheckedStart;
  readonly error?: IsopodError;
}

/**
 * Bundles a function's code, builds its image and starts instances, without calling the handler or the initializer,
 * and tells what the code uses and what of it is missing. Takes what `createFunction` takes, and needs no engine. The
 * module's top level runs, in child processes, under the limits a deployment has.
 *
 * Code that fails is part of the report. Rejects with `InvalidArgument`, `CodeUnsafe`, `CodeFetchFailed` or
 * `ImageBuildFailed`.
 */
export async function checkFunction(config: FunctionConfig): Promise<CompatibilityReport> {
  const declared = declare(config);
  const { functionName, handler } = declared;
  const tiers = globalTiers(declared.webAssembly);
  const found = await surveyCode(declared.code, { handler }, [...tiers.keys()]).catch((error: unknown) => {
    if (!isReported(error)) throw error;
    return NOTHING;
  });
  const { artifact, start, error } = await tryOut(declared);
  const listed = {
    packages: listPackages(found),
    modules: listModules(found.imports),
    unresolved: listUnresolved(found.imports),
    globals: listGlobals(found.globals, tiers),
  };
  const { problems, warnings } = judge(listed, artifact?.warnings ?? [], error);
  return {
    functionName,
    handler,
    compatible: problems.length === 0,
    problems,
    warnings,
    ...listed,
    ...(artifact !== undefined && { bundleBytes: Buffer.byteLength(artifact.script) }),
    ...(start !== undefined && { start }),
    ...(error !== undefined && { error: error.toJSON() }),
  };
}

const isReported = (error: unknown): error is IsopodError =>
  error instanceof IsopodError && REPORTED.includes(error.code);

/** As far as it goes of what a deployment and a first start do. */
async function tryOut(declared: DeclaredFunction): Promise<Tried> {
  const { code, handler } = declared;
  let tried: Tried = {};
  try {
    const artifact = await loadCode(code, { handler, eventForm: eventFormOf(declared) });
    tried = { artifact };
    return { artifact, start: await startUp(declared, artifact) };
  } catch (error) {
    if (!isReported(error)) throw error;
    return { ...tried, error };
  }
}

async function startUp(declared: DeclaredFunction, artifact: Artifact): Promise<CheckedStart> {
  const home = await Home.open(undefined);
  const images = await Images.open({ folder: home.file('images') });
  try {
    const { image } = await images
      .get(imageRequest(declared, artifact))
      .catch(rejectWithSources(() => artifact.sourceMap));
    const engine = {
      requestPrefix: '00000000-0000-4000-a000-',
      maxPayloadBytes: 1_000_000,
      outbound: {},
      warn() {},
      observers: new Observers(() => undefined),
    };
    const { hash, packages, warnings, script, sourceMap } = artifact;
    const code = {
      hash,
      size: Buffer.byteLength(script),
      packages,
      warnings,
      image: { info: image.info, now: () => image, get: async () => image },
      sourceMap: () => sourceMap,
    };
    const definition = new Definition(declared, code, engine, undefined);
    const cells = new Cells({ max: 1, recycleAfter: 1_000, recycleMB: 1_000 });
    try {
      let startMs = Number.POSITIVE_INFINITY;
      for (let number = 1; number <= STARTS; number++) {
        startMs = Math.min(startMs, await start(number, definition, cells.homeOf(declared.functionName)));
      }
      return { ...image.info, startMs };
    } finally {
      cells.close();
      await definition.network?.close();
    }
  } finally {
    await images.close();
    await home.close();
  }
}

/** Milliseconds one start takes over there. */
async function start(number: number, definition: Definition, cell: Cell): Promise<number> {
  const instance = new RemoteInstance(`check-${number}`, number, definition, nobody, cell);
  try {
    await instance.prepare();
    return instance.preparedInMs ?? Number.POSITIVE_INFINITY;
  } finally {
    await instance.stop();
  }
}

/** The instance has no pool: it is never called. */
const nobody: InstanceOwner = { ended() {}, lost() {} };
