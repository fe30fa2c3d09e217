/** Servers of the embedding program by name. Asked for at every attempt to connect, so that credentials may change. */
import { IsopodError } from '../errors.ts';
import type { Connection } from '../options.ts';
import type { Services } from './services.ts';

/** Throws `InvalidArgument` when there is none of that name. */
export function checkConnection({ options }: Services, name: string, protocols: readonly string[]): void {
  const given = Object.hasOwn(options.connections, name) ? options.connections[name] : undefined;
  if (given === undefined) {
    throw new IsopodError(
      'InvalidArgument',
      `There is no connection "${name}"; the engine's owner declares it in eventSources.connections`,
    );
  }
  if (typeof given !== 'function') checkProtocol(name, given, protocols);
}

export async function connectionOf(
  { options }: Services,
  name: string,
  protocols: readonly string[],
): Promise<Connection> {
  const given = options.connections[name];
  if (given === undefined) throw new IsopodError('SourceFailed', `There is no connection "${name}" any more`);
  if (typeof given !== 'function') return given;
  const connection = await given();
  checkProtocol(name, connection, protocols);
  return connection;
}

function checkProtocol(name: string, { url }: Connection, protocols: readonly string[]): void {
  if (protocols.some((protocol) => url.startsWith(`${protocol}://`))) return;
  throw new IsopodError(
    'InvalidArgument',
    `The url of the connection "${name}" begins with ${protocols.join(':// or ')}://`,
  );
}
