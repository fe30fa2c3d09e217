/** What went wrong in a build, as the user's own error. */
import { relative, sep } from 'node:path';
import type { BuildFailure, Message } from 'esbuild';
import { IsopodError } from '../errors.ts';

/** Errors shown of a failed build. */
export const MAX_ERRORS = 5;
/** The generated file a bundle starts from; it is not the user's. */
export const ENTRY = 'isopod:entry';

export function isFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

/** `confined`: nothing is told of files outside `root`, which a tsconfig may have led to. */
export function buildFailed(failure: BuildFailure, root: string, confined = false): IsopodError {
  const shown = failure.errors.slice(0, MAX_ERRORS).map((message) => describe(message, root, confined));
  const more = failure.errors.length > MAX_ERRORS ? `\n(${failure.errors.length - MAX_ERRORS} more)` : '';
  return new IsopodError('BuildFailed', `The code cannot be bundled:\n${shown.join('\n')}${more}`);
}

/** `file:line:column: what`, then the line and a caret under the place. */
function describe({ text, location }: Message, root: string, confined: boolean): string {
  if (location === null) return text;
  const file = location.file
    .replace(/^isopod-text:/, '')
    .split(sep)
    .join('/');
  const inside = file.startsWith('/') ? relative(root, file) : file;
  if (confined && inside.startsWith('../')) return 'A file that is not one of the package cannot be read';
  if (location.namespace === 'isopod-entry' || inside === ENTRY) return text;
  const caret = `${' '.repeat(location.column)}${'^'.repeat(Math.max(1, Math.min(location.length, 80)))}`;
  return `${inside}:${location.line}:${location.column + 1}: ${text}\n    ${location.lineText.slice(0, 200)}\n    ${caret.slice(0, 200)}`;
}
