/** Settings of `isopod serve`: the command line before the environment before the file before the defaults. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import { flagOf, SETTINGS, type Settings, settingsFrom, settingsSchema } from '../http/settings.ts';

/** An option for each setting. No defaults here: a default would hide what the environment or the file says. */
export function addSettings(command: Command): Command {
  for (const { name, flag, variable, description, isSwitch, default: fallback } of SETTINGS) {
    const hint = [fallback === '' || isSwitch ? '' : `default ${fallback}`, `env ${variable}`]
      .filter(Boolean)
      .join('; ');
    command.addOption(new Option(isSwitch ? flag : `${flag} <${valueName(name)}>`, `${description} (${hint})`));
  }
  return command;
}

function valueName(name: string): string {
  if (name === 'data') return 'folder';
  if (name.startsWith('tls') || name === 'eventSources') return 'file';
  return /(Bytes|Seconds|MB)$/.exec(name)?.[1]?.toLowerCase() ?? name.toLowerCase();
}

/** commander's name of an option. */
const attributeOf = (name: string): string =>
  flagOf(name)
    .slice(2)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Rejects with `InvalidArgument` naming the setting. */
export async function readSettings(
  options: Readonly<Record<string, unknown>>,
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const flags: Record<string, unknown> = {};
  for (const { name } of SETTINGS) {
    const value = options[attributeOf(name)];
    if (value !== undefined) flags[name] = value;
  }
  const path = file ?? environment.ISOPOD_CONFIG;
  const given = {
    ...(path !== undefined && (await jsonFile(path, 'The settings'))),
    ...settingsFrom(environment),
    ...flags,
  };
  return parse(settingsSchema, given, 'serve');
}

/** Rejects with `InvalidArgument` when there is no JSON object in it. `what`: for the message. */
export async function jsonFile(path: string, what: string): Promise<object> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new IsopodError('InvalidArgument', `${what}: ${path} cannot be read: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new IsopodError('InvalidArgument', `${what}: ${path} must hold a JSON object`);
}
