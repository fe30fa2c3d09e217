/**
 * How a cell is locked in with what the system offers: Node's permission model against files and programs,
 * namespaces of its own against the network and other processes, resource limits against files and core dumps. What is
 * in force is not assumed from this list but tried out inside the cell (`confinement.ts`).
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A program and its arguments. */
export type Command = readonly [file: string, ...args: string[]];

/** Own namespaces for users, network, processes, messages and the host's name; killed with the process that made them. */
const UNSHARE = ['--user', '--map-current-user', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child'];
/** No core dumps, no file with any content, few open files. */
const LIMITS = ['--core=0', '--fsize=0', '--nofile=128'];

function programPath(name: string): string | undefined {
  for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Looked for in the next folder.
    }
  }
  return undefined;
}

/** The command if the program is there and may do what it is asked for. */
async function usable(name: string, args: readonly string[]): Promise<Command | undefined> {
  const path = programPath(name);
  if (path === undefined) return undefined;
  try {
    await promisify(execFile)(path, [...args, process.execPath, '--version'], { env: {}, timeout: 10_000 });
    return [path, ...args];
  } catch {
    return undefined;
  }
}

/** What goes before Node's own command line: as much of it as this machine can do. Found out once. */
export function jailCommand(): Promise<string[]> {
  found ??= findJail();
  return found;
}

let found: Promise<string[]> | undefined;

async function findJail(): Promise<string[]> {
  const [unshare, prlimit] = await Promise.all([usable('unshare', UNSHARE), usable('prlimit', LIMITS)]);
  return [...(unshare ?? []), ...(prlimit ?? [])];
}

/** Node's options for a cell that may read nothing but this package's code and its dependencies. */
export function permissionFlags(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const own = dirname(here);
  const addon = dirname(createRequire(import.meta.url).resolve('isolated-vm/package.json'));
  // Packages lie beside this one, there even when that folder is a link to where they really are.
  const beside = join(dirname(own), 'node_modules');
  const readable = [
    join(own, '*'),
    join(dirname(own), 'package.json'),
    beside,
    join(beside, '*'),
    ...modulesAbove(here),
    ...modulesAbove(addon),
  ];
  // Loading isolated-vm's addon looks at the second to tell one C library from another.
  return [
    '--permission',
    '--allow-addons',
    // For the sentinel. A thread of Node's has no more powers than the process.
    '--allow-worker',
    ...[...new Set(readable), '/etc/alpine-release'].map((path) => `--allow-fs-read=${path}`),
  ];
}

/** `node_modules` folders that lie on the way to a path, or beside this package. */
function modulesAbove(path: string): string[] {
  const parts = path.split(sep);
  const folders = parts.flatMap((part, at) => (part === 'node_modules' ? [parts.slice(0, at + 1).join(sep)] : []));
  return folders.map((folder) => join(folder, '*'));
}
