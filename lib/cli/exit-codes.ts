/** Exit codes of the command: who has to act. */
import type { IsopodError } from '../errors.ts';

export const EXIT = Object.freeze({ ok: 0, function: 1, usage: 2, system: 3, incompatible: 4 });

export function exitCodeOf({ kind }: IsopodError): number {
  return kind === 'caller' ? EXIT.usage : EXIT[kind];
}

/** Of an error a host told: what the caller sent, or the host itself. */
export const exitCodeOfStatus = (status: number): number =>
  status >= 500 || status === 429 ? EXIT.system : EXIT.usage;
