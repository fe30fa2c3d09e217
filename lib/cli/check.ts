/** `isopod check`: what of a function's code works inside an isolate, on standard output. */
import { checkFunction } from '../check/check.ts';
import { reportLines } from './check-report.ts';
import { EXIT } from './exit-codes.ts';
import { readFunction } from './function-folder.ts';

export interface CheckOptions {
  readonly handler?: string;
  readonly json?: boolean;
}

/** Resolves with the exit code. Rejects when there is nothing to check, or the declaration is wrong. */
export async function check(path: string, { handler, json }: CheckOptions): Promise<number> {
  const config = await readFunction(path);
  const report = await checkFunction({ ...config, ...(handler !== undefined && { handler }) });
  console.log(json === true ? JSON.stringify(report) : reportLines(report, process.stdout.columns).join('\n'));
  return report.compatible ? EXIT.ok : EXIT.incompatible;
}
