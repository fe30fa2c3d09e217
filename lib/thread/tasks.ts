/** What piscina carries to a thread: the steps of instances, and the thread's own begin and end. */
import type { MessagePort } from 'node:worker_threads';
import type { WatchShares } from '../isolate/host.ts';
import type { FarTask } from '../remote/messages.ts';

export type ThreadTask =
  | FarTask
  | { readonly op: 'attach'; readonly port: MessagePort; readonly settings: ThreadSettings }
  | { readonly op: 'close' };

export interface ThreadSettings {
  /** Milliseconds to poll for the next message before sleeping. */
  readonly spinMs: number;
  readonly watch: WatchShares;
  /** Int32; counted up with every message to this worker. */
  readonly signal: SharedArrayBuffer;
}
