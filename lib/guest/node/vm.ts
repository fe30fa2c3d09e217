/** `node:vm`: code in this context; an isolate cannot make another. */
import { unsupported } from './errors.ts';

const evaluate = globalThis.eval;

export class Script {
  readonly #code: string;

  constructor(code: string) {
    // A syntax error is told when the script is made.
    new Function(code);
    this.#code = code;
  }
  runInThisContext(): unknown {
    return evaluate(this.#code);
  }
  runInContext(): never {
    return refuse();
  }
  runInNewContext(): never {
    return refuse();
  }
}

function refuse(): never {
  throw unsupported('A vm context', 'use runInThisContext, or a function of its own for code that must be apart');
}

export const runInThisContext = (code: string): unknown => evaluate(`${code}`);
export const createContext: () => never = refuse;
export const runInContext: () => never = refuse;
export const runInNewContext: () => never = refuse;
export const isContext = (_value: object): boolean => false;
export function compileFunction(code: string, parameters: readonly string[] = []): (...args: unknown[]) => unknown {
  return new Function(...parameters, code) as (...args: unknown[]) => unknown;
}
