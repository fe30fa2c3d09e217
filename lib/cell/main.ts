/** A cell's own end: one isolate host behind a pipe. Started by `cell.ts` as a process of its own, never imported. */
import { Socket } from 'node:net';
import { type Image, toShared } from '../image/image.ts';
import { FarSide } from '../remote/far-side.ts';
import type { FarTask } from '../remote/messages.ts';
import { openPowers } from './confinement.ts';
import { Decoder, encode } from './frames.ts';
import { type CellTask, type FromCell, type ImageHeader, JAILED, monotonicMs, type ToCell } from './messages.ts';

/** The pipe's file descriptor. */
const PIPE = 3;

const pipe = new Socket({ fd: PIPE });
const tell = (message: FromCell): void => {
  pipe.write(encode(message));
};
const far = new FarSide((say) => tell({ say }));
const images = new Map<string, Image>();
/** Kernel snapshots by kernel, which many images share. */
const bases = new Map<string, SharedArrayBuffer>();
const decoder = new Decoder();

function keep({ baseBytes, dataBytes, ...header }: ImageHeader, bytes: Uint8Array): void {
  if (baseBytes > 0) bases.set(header.kernelName, toShared(bytes.subarray(0, baseBytes)));
  const base = bases.get(header.kernelName);
  if (base === undefined) throw new Error(`The kernel ${header.kernelName} was not sent`);
  const data = dataBytes === 0 ? undefined : toShared(bytes.subarray(baseBytes, baseBytes + dataBytes));
  images.set(header.key, { ...header, base, data });
}

function toTask(task: CellTask): FarTask {
  if (task.op !== 'prepare') return task;
  const { imageKey, ...rest } = task;
  const image = images.get(imageKey);
  if (image === undefined) throw new Error(`The image ${imageKey} was not sent`);
  return { ...rest, image };
}

function take(message: ToCell, further: Uint8Array): void {
  if ('say' in message) {
    far.handling = true;
    far.take(message.say, Math.max(0, monotonicMs() - message.at));
    far.flush();
    far.handling = false;
  } else if ('ask' in message) {
    tell({ here: message.ask });
  } else if ('step' in message) {
    const { step, task } = message;
    void far.run(toTask(task)).then((report) => tell({ step, report: report ?? null }));
  } else {
    keep(message.image, further);
  }
}

pipe.on('data', (chunk: Buffer) => {
  for (const { value, further } of decoder.push(chunk)) take(value as ToCell, further);
});
// Without its engine a cell has no purpose.
pipe.on('end', () => process.exit(0));
pipe.on('error', () => process.exit(0));
tell({ ready: process.argv.includes(JAILED) ? await openPowers() : [] });
