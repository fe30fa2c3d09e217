/** What goes between the image builder and its child process. Stages are told one by one, so that a crash shows how far it got. */
import type { GuestError, HandlerStyle, Powers } from '../protocol/door.ts';

/** A call that teaches V8 the handler's code before the snapshot is taken. */
export interface WarmUp {
  /** `file.export`. */
  readonly handler: string;
  readonly style: HandlerStyle;
  /** JSON text. */
  readonly event: string;
}

export interface BuildJob {
  readonly kernelScript: string;
  readonly kernelName: string;
  /** Bundled module. */
  readonly script: string;
  /** Heap snapshot of the bare kernel; made by the child when it is left out. */
  readonly base: Uint8Array | undefined;
  /** `no`: the caller knows already that a snapshot is out of the question. */
  readonly snapshot: 'auto' | 'always' | 'no';
  /** MB. */
  readonly memorySize: number;
  readonly env: Readonly<Record<string, string>>;
  readonly powers: Powers;
  /** An example call, made in the context that is thrown away. */
  readonly warmUp: WarmUp | undefined;
  /** Milliseconds the module's top level may take. */
  readonly evaluateMs: number;
  readonly maxSnapshotBytes: number;
}

export type BuildMessage =
  | { readonly stage: 'base'; readonly base: Uint8Array }
  /** The module was evaluated. `failure`: it threw, or ran into a limit. `refusal`: why there is no snapshot. */
  | { readonly stage: 'evaluated'; readonly failure?: GuestError; readonly refusal?: string }
  | { readonly stage: 'cached'; readonly cache: Uint8Array | undefined }
  | { readonly stage: 'snapshot'; readonly snapshot: Uint8Array }
  /**
   * The quickest of some starts each, which a busy machine disturbs least, and what the snapshot typically saves; with
   * the example event's call.
   */
  | { readonly stage: 'probed'; readonly snapshotMs: number; readonly cacheMs: number; readonly gainMs: number }
  /** A snapshot could not be made. */
  | { readonly stage: 'refused'; readonly reason: string }
  | { readonly stage: 'done' };
