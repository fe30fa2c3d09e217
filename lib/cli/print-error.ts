/** What a failure looks like on standard error. */
import type { IsopodError } from '../errors.ts';

export function printError({ code, errorType, message, stackTrace }: IsopodError): void {
  console.error(`${code}: ${errorType === undefined ? '' : `${errorType}: `}${message}`);
  for (const line of stackTrace?.slice(1) ?? []) console.error(line);
}
