/** Debuggers: what an engine tells whoever lets one in, and how it is checked. */
import { z } from 'zod';

export interface Inspector {
  opened(target: InspectTarget): void;
  closed(target: InspectTarget): void;
}

/** An isolate and its function, as long as they live. */
export interface InspectTarget {
  /** Of the instance. */
  readonly id: string;
  readonly functionName: string;
  /** Messages are the Chrome DevTools Protocol's, as JSON text. */
  connect(send: (message: string) => void): InspectSession;
}

export interface InspectSession {
  dispatch(message: string): void;
  close(): void;
}

/** isolated-vm 7.0.1 aborts the process under later ones when a debugger attaches (V8: `IsCreationThread()`). */
const LAST_NODE = 24;
/** Debuggers can attach here. */
export const canInspect = Number.parseInt(process.versions.node, 10) <= LAST_NODE;

export const inspector = z
  .custom<Inspector>(
    (value) => typeof (value as Inspector)?.opened === 'function' && typeof (value as Inspector).closed === 'function',
    'must be an object with the methods opened and closed',
  )
  .refine(() => canInspect, `debuggers can look into isolates up to Node.js ${LAST_NODE}; this is ${process.version}`);
