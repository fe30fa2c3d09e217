/** Runs a case in an isolate and in this process, and tells whether both gave the same. */
import { isDeepStrictEqual } from 'node:util';
import type { Engine, FunctionConfig, FunctionInfo } from '../../lib/index.ts';
import { CASES, type PackageCase } from './cases.ts';

export interface PackageOutcome {
  readonly packageCase: PackageCase;
  /** What went wrong; undefined when the isolate gave what Node.js gives. */
  readonly problem: string | undefined;
  readonly inNode: unknown;
  /** As JSON brings it back. */
  readonly inGuest: unknown;
  /** Undefined when the function could not be made. */
  readonly info: FunctionInfo | undefined;
}

// Functions are bundled for production; packages that tell the difference are compared with what they do there.
process.env.NODE_ENV = 'production';

type Handler = (event: unknown) => unknown;

/** As a value comes out of an isolate: through JSON. */
async function runInNode({ name }: PackageCase): Promise<unknown> {
  const { handler } = (await import(`${CASES}${name}.js`)) as { handler: Handler };
  return JSON.parse(JSON.stringify(await handler({})));
}

/** Rejects when the case fails in plain Node.js: then the case is wrong. */
export async function runCase(
  engine: Engine,
  packageCase: PackageCase,
  snapshot: FunctionConfig['snapshot'],
): Promise<PackageOutcome> {
  const inNode = await runInNode(packageCase);
  const functionName = `case_${packageCase.name.replace(/\W/g, '_')}`;
  let info: FunctionInfo | undefined;
  try {
    info = await engine.createFunction({
      functionName,
      code: { source: packageCase.source, language: 'js', resolveDir: CASES },
      lane: 'worker',
      timeout: 60,
      snapshot,
    });
    const inGuest = await engine.invoke(functionName, {});
    const problem = isDeepStrictEqual(inGuest, inNode) ? undefined : 'gives something else than in Node.js';
    return { packageCase, problem, inNode, inGuest, info };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { packageCase, problem: `${code}: ${message}`, inNode, inGuest: undefined, info };
  }
}
