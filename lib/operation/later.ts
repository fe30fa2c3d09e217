/** Operations that take time and are carried out on the isolate's own thread; they travel as host calls do. */
import { subtleOperation } from './subtle.ts';

/** Starts the operation; undefined when it is not one of these. Resolves with JSON text. */
export function operateLater(name: string, args: string): Promise<string> | undefined {
  if (name !== 'subtle') return undefined;
  return run(args);
}

async function run(args: string): Promise<string> {
  const [method, rest] = JSON.parse(args) as [string, unknown[]];
  return JSON.stringify(await subtleOperation(String(method), Array.isArray(rest) ? rest : []));
}
