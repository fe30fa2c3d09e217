/** Host operations as Node.js' modules ask for them: errors keep the code the host's Node.js gave them. */

declare const __isopod_host: { operate(operation: string, first?: string, second?: string): string };

const classes: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError, SyntaxError };

/** `parameters` travel as JSON, `data` one character per byte. */
export function ask(operation: string, parameters: object, data = ''): string {
  try {
    return __isopod_host.operate(operation, JSON.stringify(parameters), data);
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    const Class = classes[name] ?? Error;
    throw Object.assign(new Class(message), code !== undefined && { code });
  }
}
