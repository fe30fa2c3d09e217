/** Whose conventions a handler follows, chosen by `runtime` with the names Function Compute and Lambda give theirs. */
import type { EventForm } from '../code/bundle.ts';
import type { HandlerStyle } from '../protocol/door.ts';
import type { Runtime } from '../types.ts';
import type { DeclaredFunction } from './declaration.ts';
import { shortName } from './name.ts';

/** Function Compute: the event is a Buffer. Names of its built-in Node.js runtimes, and those to come. */
export const FC_RUNTIMES = ['nodejs14', 'nodejs16', 'nodejs18', 'nodejs20', 'nodejs22', 'nodejs24'] as const;
/** Lambda: the event is a JSON value. */
export const LAMBDA_RUNTIMES = ['nodejs18.x', 'nodejs20.x', 'nodejs22.x', 'nodejs24.x'] as const;

export function styleOf(runtime: Runtime): HandlerStyle {
  if (runtime === 'isopod') return 'isopod';
  return runtime.endsWith('.x') ? 'lambda' : 'fc';
}

/** Functions of Function Compute 2.0 have their service in front of their name. */
export function eventFormOf({ functionName, runtime }: Pick<DeclaredFunction, 'functionName' | 'runtime'>): EventForm {
  if (styleOf(runtime) !== 'fc') return 'value';
  return functionName.includes('$') ? 'request' : 'buffer';
}

/** Where the code lies, for a guest that asks. */
const CODE_PATH = '/code';

/** The variables the platform sets, then the user's own. */
export function environmentOf(declared: DeclaredFunction, versionId = 'LATEST'): Readonly<Record<string, string>> {
  return { ...platformVariables(declared, versionId), ...declared.environmentVariables };
}

function platformVariables(declared: DeclaredFunction, versionId: string): Record<string, string> {
  const { runtime, handler, memorySize, timeout, initializer } = declared;
  const name = shortName(declared.functionName);
  switch (styleOf(runtime)) {
    case 'isopod':
      return {};
    case 'fc':
      return {
        FC_RUNTIME: runtime,
        FC_FUNC_CODE_PATH: `${CODE_PATH}/`,
        FC_FUNCTION_NAME: name,
        FC_FUNCTION_HANDLER: handler,
        FC_FUNCTION_MEMORY_SIZE: `${memorySize}`,
        FC_TIMEOUT: `${timeout}`,
        FC_REGION: 'local',
        FC_ACCOUNT_ID: '',
        ...(initializer !== undefined && { FC_INITIALIZER_HANDLER: initializer.handler }),
      };
    case 'lambda':
      return {
        AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: versionId === 'LATEST' ? '$LATEST' : versionId,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memorySize}`,
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_REGION: 'local',
        LAMBDA_TASK_ROOT: CODE_PATH,
        _HANDLER: handler,
      };
  }
}
