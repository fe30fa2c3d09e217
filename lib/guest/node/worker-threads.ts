/** `node:worker_threads`: an isolate is one thread and starts no other. */
import { MessageChannel, MessagePort } from '../web/message-channel.ts';
import { unsupported } from './errors.ts';

export const isMainThread = true;
export const parentPort = null;
export const workerData = null;
export const threadId = 0;
export const resourceLimits: object = {};
export const SHARE_ENV: symbol = Symbol.for('nodejs.worker_threads.SHARE_ENV');

export class Worker {
  constructor() {
    throw unsupported('worker_threads.Worker', 'call another function through a binding');
  }
}

const environment = new Map<unknown, unknown>();
export const getEnvironmentData = (key: unknown): unknown => environment.get(key);
export const setEnvironmentData = (key: unknown, value: unknown): void => void environment.set(key, value);
export const markAsUntransferable = (_value: object): void => undefined;
export const isMarkedAsUntransferable = (_value: object): boolean => false;
export const receiveMessageOnPort = (_port: unknown): undefined => undefined;
export { MessageChannel, MessagePort };
