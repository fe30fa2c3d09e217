/** The far side of the worker lane: one isolate host behind a port. Loaded by piscina, never imported. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type ErrorRecord, IsopodError } from '../errors.ts';
import { acquireThreadHost, type IsolateHost, releaseThreadHost } from '../isolate/host.ts';
import { HostedInstance, type StepFailure } from '../isolate/hosted-instance.ts';
import type { BootFacts } from '../protocol/door.ts';
import {
  ANSWER,
  CALL_ALONE,
  CALL_BINARY,
  CALL_MANY,
  EXPIRE,
  HOST_CALL,
  KILL,
  type LaneSettings,
  type LaneTask,
  LOGGED,
  LOST,
  SETTLED,
  type StepReport,
  TO_WORKER_ARGS,
} from './messages.ts';

interface Hosted {
  readonly instance: HostedInstance;
  readonly facts: BootFacts;
  /** What `begun` was when serving started. */
  begunBefore: number;
  /** When the isolate was last free or last gave a result. */
  heldSince: number;
}

const instances = new Map<number, Hosted>();
let host: IsolateHost;
let port: MessagePort;
let settings: LaneSettings;
let signal: Int32Array;
let outbox: unknown[] = [];
let inHandler = false;
let flushScheduled = false;

function tell(...parts: unknown[]): void {
  for (const part of parts) outbox.push(part);
  if (inHandler || flushScheduled) return;
  flushScheduled = true;
  setImmediate(() => {
    flushScheduled = false;
    flush();
  });
}

function flush(): void {
  if (outbox.length === 0) return;
  port.postMessage(outbox);
  outbox = [];
}

function take(message: unknown[]): void {
  let at = 0;
  while (at < message.length) {
    const op = message[at] as number;
    const number = message[at + 1] as number;
    const hosted = instances.get(number);
    if (hosted !== undefined) act(hosted, number, op, message, at + 2);
    at += 1 + (TO_WORKER_ARGS[op] ?? 1);
  }
}

function act(hosted: Hosted, number: number, op: number, message: unknown[], at: number): void {
  const { isolate } = hosted.instance;
  if (op === CALL_ALONE) flush();
  switch (op) {
    case CALL_ALONE:
    case CALL_MANY:
    case CALL_BINARY: {
      const now = performance.now();
      hosted.heldSince = now;
      const left = message[at + (op === CALL_BINARY ? 2 : 1)] as number;
      isolate.deadlineAt = now + left;
      if (op === CALL_BINARY) isolate.callBinary(message[at + 1] as string, message[at] as number, left);
      else isolate.callMany(message[at] as string, left);
      return;
    }
    case ANSWER:
      return isolate.answer(message[at] as number, message[at + 1] as number, message[at + 2] as string);
    case EXPIRE:
      if ((message[at] as number) < isolate.begun - hosted.begunBefore) {
        end(number, hosted, IsopodError.fromRecord(message[at + 1] as ErrorRecord));
      }
      return;
    case KILL:
      instances.delete(number);
      hosted.instance.dispose();
  }
}

function end(number: number, hosted: Hosted, error: IsopodError): void {
  instances.delete(number);
  hosted.instance.dispose();
  tell(LOST, number, error.toJSON(), hosted.instance.isolate.begun - hosted.begunBefore);
}

/** Handles a message, answers, and looks a moment longer for the next one before the thread may sleep. */
function onMessage(first: unknown): void {
  let message: unknown = first;
  inHandler = true;
  const spinUntil = settings.spinMs > 0 ? performance.now() + settings.spinMs * 20 : 0;
  for (;;) {
    take(message as unknown[]);
    flush();
    const next = receiveMessageOnPort(port) ?? (performance.now() < spinUntil ? spin() : undefined);
    if (next === undefined) break;
    message = next.message;
  }
  inHandler = false;
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

function attach(task: Extract<LaneTask, { op: 'attach' }>): void {
  settings = task.settings;
  signal = new Int32Array(settings.signal);
  port = task.port;
  host = acquireThreadHost(settings.watchdog);
  port.on('message', onMessage);
}

function prepare(task: Extract<LaneTask, { op: 'prepare' }>): Promise<StepReport> {
  const number = task.instance;
  const instance = new HostedInstance(host, task.limits, {
    settled: (body) => {
      const now = performance.now();
      const hosted = instances.get(number) as Hosted;
      tell(SETTLED, number, body, now - hosted.heldSince);
      hosted.heldSince = now;
    },
    logged: (lines, dropped) => tell(LOGGED, number, lines, dropped),
    hostCall: (id, no, binding, method, args) => tell(HOST_CALL, number, id, no, binding, method, args),
    lost: (error) => {
      const hosted = instances.get(number);
      if (hosted !== undefined) end(number, hosted, error);
    },
  });
  instances.set(number, { instance, facts: task.facts, begunBefore: 0, heldSince: 0 });
  return new Promise((resolve) => {
    instance.prepare(task.image, task.facts, (failure) => resolve(report(number, instance, 0, failure)));
  });
}

function activate(number: number): Promise<StepReport> {
  const hosted = instances.get(number);
  if (hosted === undefined) return Promise.resolve(gone());
  const began = performance.now();
  return new Promise((resolve) => {
    hosted.instance.activate(hosted.facts, (failure) => {
      hosted.begunBefore = hosted.instance.isolate.begun;
      const took = hosted.facts.initializer === '' ? 0 : performance.now() - began;
      resolve(report(number, hosted.instance, took, failure));
    });
  });
}

function gone(): StepReport {
  const record = new IsopodError('InstanceLost', 'The instance was ended while it started').toJSON();
  return { restoreMs: 0, evaluateMs: 0, initializerMs: 0, heapBytes: 0, watchId: 0, failure: { record } };
}

function report(
  number: number,
  instance: HostedInstance,
  initializerMs: number,
  failure: StepFailure | undefined,
): StepReport {
  if (failure !== undefined) {
    instances.delete(number);
    instance.dispose();
  }
  return {
    ...instance.times,
    initializerMs,
    heapBytes: instance.isolate.heapUsedBytes(),
    watchId: instance.isolate.watchId,
    ...(failure !== undefined && { failure: 'error' in failure ? { record: failure.error.toJSON() } : failure }),
  };
}

function stop(number: number): Promise<void> {
  const hosted = instances.get(number);
  if (hosted === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    hosted.instance.stop(hosted.facts, () => {
      instances.delete(number);
      resolve();
    });
  });
}

/** Leaves nothing of isolated-vm running, so that the thread can end. */
function close(): void {
  for (const hosted of instances.values()) hosted.instance.dispose();
  instances.clear();
  port.close();
  releaseThreadHost();
}

/** The piscina task. */
export default async function run(task: LaneTask): Promise<StepReport | undefined> {
  switch (task.op) {
    case 'attach':
      attach(task);
      return undefined;
    case 'prepare':
      return prepare(task);
    case 'activate':
      return activate(task.instance);
    case 'stop':
      await stop(task.instance);
      return undefined;
    case 'close':
      close();
      return undefined;
  }
}
