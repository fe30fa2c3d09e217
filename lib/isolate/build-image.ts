/**
 * The image builder's child process: evaluates a module, makes its code cache and its heap snapshot, and starts
 * instances from both to see that they work and which is faster. Whatever the module does, it does it here.
 */
import ivm from 'isolated-vm';
import type { BuildJob, BuildMessage } from '../image/build-messages.ts';
import { type Image, toShared } from '../image/image.ts';
import { loadScript, openScript } from '../image/kernel.ts';
import {
  type BootFacts,
  FUNCTION_FILE,
  type GuestError,
  KERNEL_FILE,
  KIND_ERROR,
  OP_BOOT,
  OP_CALL_MANY,
  OP_RECORDED,
  OP_RESUME,
  type Recorded,
} from '../protocol/door.ts';
import { acquireThreadHost } from './host.ts';
import { bootArguments, crossing, type Door, openDoor, restore, wholeReply } from './restore.ts';

/** Starts of each kind that are timed. */
const PROBES = 7;

const host = acquireThreadHost();

function tell(message: BuildMessage): void {
  process.send?.(message);
}

/** Resolves when all that was told has left this process: a crash takes nothing of it back. */
const told = (message: BuildMessage): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

const bytesOf = (copy: ivm.ExternalCopy<ArrayBuffer>): Uint8Array => new Uint8Array(copy.copy() as ArrayBuffer);

function facts(job: BuildJob): BootFacts {
  return {
    requestPrefix: '00000000-0000-4000-a000-',
    functionName: 'probe',
    versionId: 'LATEST',
    handler: job.warmUp?.handler ?? 'index.handler',
    style: job.warmUp?.style ?? 'isopod',
    initializer: '',
    preStop: '',
    memorySize: job.memorySize,
    timeout: 1,
    concurrency: 1,
    env: job.env,
    bindings: {},
    bindingsPerCall: false,
    powers: job.powers,
    maxResultChars: 1_000_000,
    maxLogChars: 0,
    maxHostCalls: 1,
  };
}

/** A module for the bare kernel to warm up with. */
const MODULE = 'open((give) => give({ handler: (event) => event }), false)';

/**
 * Run in a context V8 throws away before it writes the snapshot; what it compiled stays. Saves about 1 ms of every
 * start. The handler is called only with an example event its owner gave for this: before the boot there is none, and calls
 * come to an error.
 */
const warmUp = (job: BuildJob): string => `{
  if (!${job.kernelName}.isIntact()) throw new Error('the module freezes or removes parts of the language');
  const door = ${job.kernelName}.${job.script === '' ? MODULE : 'takeDoor()'};
  door('null', 2);
  door(${JSON.stringify(JSON.stringify(facts(job)))}, 1, ${OP_BOOT}, new Int32Array(1), () => '=');
  ${job.script === '' ? 'door(\'{"a":[1]}\', 3);' : ''}
  ${job.script === '' ? `door('[4,null]', 0, ${OP_CALL_MANY});` : `door('[]', 0, ${OP_CALL_MANY});`}
  door('', 0, ${OP_RESUME});
  ${job.warmUp === undefined ? '' : `door(${JSON.stringify(job.warmUp.event)}, 20); door('', 0, ${OP_RESUME});`}
}`;

const imageOf = (
  job: BuildJob,
  base: SharedArrayBuffer,
  kind: Image['kind'],
  data: SharedArrayBuffer | undefined,
): Image => ({
  kind,
  key: '',
  script: openScript(job.kernelName, job.script),
  data,
  base,
  kernelName: job.kernelName,
  info: { kind, bytes: data?.byteLength ?? 0, measuredMs: {} },
});

/** Evaluates the module in an isolate of its own, with everything a snapshot would freeze watched. */
function record(job: BuildJob, base: SharedArrayBuffer): { readonly failure?: GuestError; readonly refusal?: string } {
  const image = imageOf(job, base, 'plain', undefined);
  const restored = restore(host, image, job.memorySize, false);
  try {
    const script = openScript(job.kernelName, job.script, true);
    const door = openDoor(host, { ...image, script }, restored);
    const reply = boot(job, door, { timeout: job.evaluateMs });
    const recorded = JSON.parse(wholeReply(door, door.applySync(undefined, ['', 0, OP_RECORDED]))) as Recorded;
    if (recorded.async) return { refusal: 'the top level of the module is asynchronous' };
    const failure = failureOf(reply);
    if (failure !== undefined) return { failure };
    return recorded.touched === '' ? {} : { refusal: refusalFor(job, recorded.touched) };
  } catch (error) {
    return { failure: limitFailure(error, job) };
  } finally {
    if (!restored.isolate.isDisposed) restored.isolate.dispose();
  }
}

/** What the top level threw; a missing handler is told when an instance starts. */
function failureOf(reply: string): GuestError | undefined {
  const settled = JSON.parse(reply[0] === '#' ? reply.slice(reply.indexOf('\n') + 1) : reply) as unknown[];
  const told = settled[1] === KIND_ERROR ? (settled[2] as GuestError) : undefined;
  return told?.code === 'TopLevelFailed' ? told : undefined;
}

/** The environment and WebAssembly rule a snapshot out; clocks and random numbers do unless the user insists. */
function refusalFor(job: BuildJob, touched: string): string {
  const hard = /process\.env|WebAssembly/.test(touched);
  return job.snapshot === 'always' && !hard ? '' : `the top level of the module uses ${touched}`;
}

function limitFailure(error: unknown, job: BuildJob): GuestError {
  const message = error instanceof Error ? error.message : String(error);
  if (/memory limit|allocation failed/.test(message)) {
    return {
      code: 'FunctionOutOfMemory',
      message: `The module needs more than memorySize (${job.memorySize} MB) to load`,
    };
  }
  if (/timed out/.test(message)) {
    return { code: 'TopLevelFailed', message: `The module did not load within ${job.evaluateMs} ms` };
  }
  return { code: 'TopLevelFailed', message };
}

function makeCache(job: BuildJob, base: SharedArrayBuffer): Uint8Array | undefined {
  const restored = restore(host, imageOf(job, base, 'plain', undefined), job.memorySize, false);
  try {
    const source = openScript(job.kernelName, job.script);
    const script = restored.isolate.compileScriptSync(source, { filename: FUNCTION_FILE, produceCachedData: true });
    const { cachedData } = script as unknown as { cachedData?: ivm.ExternalCopy<ArrayBuffer> };
    return cachedData === undefined ? undefined : bytesOf(cachedData);
  } finally {
    restored.isolate.dispose();
  }
}

const boot = (job: BuildJob, door: Door, options: { readonly timeout?: number } = {}): string =>
  wholeReply(
    door,
    door.applySync(undefined, [crossing(JSON.stringify(facts(job))), 1, OP_BOOT, ...bootArguments(host)], options),
  );

function startOnce(job: BuildJob, image: Image): number {
  const began = performance.now();
  const restored = restore(host, image, job.memorySize, false);
  try {
    const door = openDoor(host, image, restored);
    const reply = boot(job, door);
    if (job.warmUp !== undefined) door.applySync(undefined, [crossing(job.warmUp.event), 20]);
    if (!reply.includes('[1,')) throw new Error('a restored instance does not answer');
    return performance.now() - began;
  } finally {
    if (!restored.isolate.isDisposed) restored.isolate.dispose();
  }
}

/**
 * Starts both kinds in turn: the proof that the snapshot works, and the measurement that decides. The median gain of the
 * pairs stands beside the least times, because one lucky start on a busy machine would otherwise decide alone.
 */
function probe(job: BuildJob, snapshot: Image, cache: Image): void {
  const snapshotMs: number[] = [];
  const cacheMs: number[] = [];
  const gainMs: number[] = [];
  for (let round = 0; round < PROBES; round++) {
    snapshotMs.push(startOnce(job, snapshot));
    cacheMs.push(startOnce(job, cache));
    gainMs.push((cacheMs[round] as number) - (snapshotMs[round] as number));
  }
  gainMs.sort((a, b) => a - b);
  const median = gainMs[PROBES >> 1] as number;
  tell({ stage: 'probed', snapshotMs: Math.min(...snapshotMs), cacheMs: Math.min(...cacheMs), gainMs: median });
}

async function run(job: BuildJob): Promise<void> {
  let { base } = job;
  if (base === undefined) {
    base = bytesOf(ivm.Isolate.createSnapshot([{ code: job.kernelScript, filename: KERNEL_FILE }], warmUp(job)));
    tell({ stage: 'base', base });
  }
  const sharedBase = toShared(base);
  if (job.script === '') return tell({ stage: 'done' });
  const recorded = record(job, sharedBase);
  tell({ stage: 'evaluated', ...recorded });
  if (recorded.failure !== undefined) return tell({ stage: 'done' });
  const cache = makeCache(job, sharedBase);
  await told({ stage: 'cached', cache });
  if (job.snapshot === 'no' || (recorded.refusal ?? '') !== '') return tell({ stage: 'done' });
  const snapshot = bytesOf(
    ivm.Isolate.createSnapshot(
      [
        { code: job.kernelScript, filename: KERNEL_FILE },
        { code: loadScript(job.kernelName, job.script), filename: FUNCTION_FILE },
      ],
      warmUp({ ...job, env: {} }),
    ),
  );
  if (snapshot.byteLength > job.maxSnapshotBytes) {
    tell({
      stage: 'refused',
      reason: `the snapshot has ${snapshot.byteLength} bytes; the limit is ${job.maxSnapshotBytes}`,
    });
  } else {
    tell({ stage: 'snapshot', snapshot });
    const cached = imageOf(job, sharedBase, 'code-cache', cache === undefined ? undefined : toShared(cache));
    probe(job, imageOf(job, sharedBase, 'snapshot', toShared(snapshot)), cached);
  }
  tell({ stage: 'done' });
}

process.on('message', (job: BuildJob) => {
  run(job).catch((error: unknown) => {
    tell({ stage: 'refused', reason: error instanceof Error ? error.message : String(error) });
    tell({ stage: 'done' });
  });
});
process.on('disconnect', () => process.exit(0));
