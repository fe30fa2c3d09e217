/** What a peer is to the comparison: something that takes functions and calls them, driven at its best documented settings. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Guest } from './guests.ts';

export interface Limits {
  /** Milliseconds one call may take. */
  readonly timeoutMs: number;
  readonly memoryMB: number;
}

/** What every peer that knows limits is given; it pays for them as its users do. */
export const USUAL: Limits = { timeoutMs: 5_000, memoryMB: 128 };

/** One function, known but not started: its first call starts it. */
export interface Deployed {
  /** JSON in, JSON out. What can answer in the same turn gives the value itself, not a promise. */
  call(event: unknown): unknown;
  close(): Promise<void> | void;
  /** Milliseconds of the last start by stage, where the peer tells. */
  stages?(): Readonly<Record<string, number>>;
}

/** The peer, up and ready to take functions. */
export interface Host {
  deploy(guest: Guest, limits?: Limits): Promise<Deployed>;
  close(): Promise<void>;
}

export interface Peer {
  readonly title: string;
  /** npm package it comes from; none for Node.js' own and for Isopod. */
  readonly package?: string;
  /** What stands between a function and the program, in words of a table. */
  readonly boundary: string;
  /** Keeps functions from each other's and the program's data. */
  readonly isolates: boolean;
  /** Lives outside the program, in a process of its own. */
  readonly apart?: boolean;
  /** How it is driven. */
  readonly settings: string;
  /** Function or measure -> why it has none. */
  readonly cannot?: Readonly<Record<string, string>>;
  /** It keeps no instance between calls: what each call gets. */
  readonly perCall?: string;
  /** Calls it is given at once at most; 256 by default. */
  readonly maxInFlight?: number;
  start(): Promise<Host>;
}

const here = createRequire(new URL('package.json', import.meta.url));

export class PeerMissing extends Error {}

/** A module of a package of this folder. They have no types here, because nothing but this command installs them. */
export async function load<T>(name: string): Promise<T> {
  let file: string;
  try {
    file = here.resolve(name);
  } catch {
    throw new PeerMissing(`${name} is not installed: run \`npm run bench -- peers\``);
  }
  return (await import(pathToFileURL(file).href)) as T;
}

/** Path of a file inside a package of this folder. */
export function fileOf(name: string, path: string): string {
  try {
    return here.resolve(`${name}/${path}`);
  } catch {
    throw new PeerMissing(`${name} is not installed: run \`npm run bench -- peers\``);
  }
}

/** Rejects when the promise does not settle in time; `onTime` gets rid of what still runs. */
export async function within<T>(promise: Promise<T>, ms: number, onTime: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onTime();
      reject(new Error(`no answer within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
