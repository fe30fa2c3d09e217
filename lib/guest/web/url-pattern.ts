/** `URLPattern` of the URL Pattern standard, from a library; what it reads more strictly than addresses are read. */
import { URLPattern as LibraryPattern } from 'urlpattern-polyfill/urlpattern';

type Input = Parameters<LibraryPattern['exec']>[0];
type Init = Exclude<Input, string | undefined>;
type Result = ReturnType<LibraryPattern['exec']>;

/** A port is read up to its first character that is no digit ("canonicalize a port"). */
function withPort(input: Input): Input {
  if (typeof input !== 'object' || input === null || typeof input.port !== 'string') return input;
  const port = /^\d+/.exec(input.port.replace(/[\t\n\r]/g, ''))?.[0];
  return port === undefined ? input : { ...input, port };
}

/** A host name without groups is read up to what would end it in an address ("canonicalize a hostname"). */
function withHostname<T>(pattern: T): T {
  if (typeof pattern !== 'object' || pattern === null) return pattern;
  const { hostname } = pattern as Init;
  if (typeof hostname !== 'string' || /[({[]/.test(hostname)) return pattern;
  return { ...pattern, hostname: hostname.replace(/[\t\n\r]/g, '').replace(/(#|\/|\\\?).*$/s, '') };
}

export class URLPattern extends LibraryPattern {
  constructor(init?: string | Init, baseURL?: unknown, options?: unknown) {
    // The constructor tells its forms by the number of its arguments.
    const rest = [baseURL, options].slice(0, Math.max(0, arguments.length - 1));
    super(...([withHostname(init ?? {}), ...rest] as [Init]));
  }
  override test(input: Input = {}, baseURL?: string): boolean {
    return super.test(withPort(input), baseURL);
  }
  override exec(input: Input = {}, baseURL?: string): Result {
    const result = super.exec(withPort(input), baseURL);
    if (result !== null && result !== undefined) result.inputs[0] = input;
    return result;
  }
}
