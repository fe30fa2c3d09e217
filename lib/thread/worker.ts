/** A worker thread's own end: messages come over a port that is polled a moment before the thread sleeps. Loaded by piscina. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { FarSide } from '../remote/far-side.ts';
import type { StepReport } from '../remote/messages.ts';
import type { ThreadSettings, ThreadTask } from './tasks.ts';

let far: FarSide;
let port: MessagePort;
let settings: ThreadSettings;
let signal: Int32Array;

/** Handles a message, answers, and looks a moment longer for the next one before the thread may sleep. */
function onMessage(first: unknown): void {
  let message: unknown = first;
  far.handling = true;
  const spinUntil = settings.spinMs > 0 ? performance.now() + settings.spinMs * 20 : 0;
  for (;;) {
    far.take(message as unknown[]);
    far.flush();
    const next = receiveMessageOnPort(port) ?? (performance.now() < spinUntil ? spin() : undefined);
    if (next === undefined) break;
    message = next.message;
  }
  far.handling = false;
}

/** Polls the signal, which the calling thread counts up just before it posts. */
function spin(): { message: unknown } | undefined {
  const seen = Atomics.load(signal, 0);
  const until = performance.now() + settings.spinMs;
  while (performance.now() < until) {
    for (let turn = 0; turn < 50; turn++) {
      if (Atomics.load(signal, 0) !== seen) return receiveMessageOnPort(port);
    }
  }
  return undefined;
}

function attach(task: Extract<ThreadTask, { op: 'attach' }>): void {
  settings = task.settings;
  signal = new Int32Array(settings.signal);
  port = task.port;
  far = new FarSide((message) => port.postMessage(message), settings.watch);
  port.on('message', onMessage);
}

/** The piscina task. */
export default async function run(task: ThreadTask): Promise<StepReport | undefined> {
  if (task.op === 'attach') attach(task);
  else if (task.op !== 'close') return far.run(task);
  else {
    far.close();
    port.close();
  }
  return undefined;
}
