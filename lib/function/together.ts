/** What fields of a declaration mean together: combinations that make no sense, and what follows from several of them. */
import { IsopodError } from '../errors.ts';
import type { Powers } from '../protocol/door.ts';
import type { Isolation, LaneSetting } from '../types.ts';

interface Fields {
  readonly isolation: Isolation;
  readonly lane: LaneSetting;
  readonly instanceConcurrency: number;
  readonly cpuMs?: number | undefined;
  readonly freshInstance: boolean;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly network?: { readonly secrets: Readonly<Record<string, unknown>> } | undefined;
}

function refuse(field: string, why: string): never {
  throw new IsopodError('InvalidArgument', `createFunction: ${field}: ${why}`);
}

/** Throws `InvalidArgument`, naming the field that has to go or change. */
export function checkTogether(fields: Fields): void {
  const { isolation, lane, instanceConcurrency, cpuMs, freshInstance } = fields;
  if (isolation !== 'thread' && lane !== 'auto') {
    refuse('lane', `with isolation '${isolation}' instances live in cells; leave lane out, got "${lane}"`);
  }
  const alone = (why: string): string =>
    `needs an instanceConcurrency of 1, because ${why}; got ${instanceConcurrency}`;
  if (instanceConcurrency > 1 && freshInstance) refuse('freshInstance', alone('its calls share nothing'));
  if (instanceConcurrency > 1 && cpuMs !== undefined) {
    refuse('cpuMs', alone('processor time of calls that run together cannot be told apart'));
  }
  const twice = Object.keys(fields.network?.secrets ?? {}).find((name) =>
    Object.hasOwn(fields.environmentVariables, name),
  );
  if (twice !== undefined) refuse(`network.secrets.${twice}`, 'is in environmentVariables too');
}

/** What of the language a function may use. */
export const powersOf = ({ webAssembly, sharedMemory, dynamicCode, clockResolutionMs }: Powers): Powers =>
  Object.freeze({ webAssembly, sharedMemory, dynamicCode, clockResolutionMs });
