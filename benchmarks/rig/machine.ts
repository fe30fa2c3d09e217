/** What machine it is, and how much of it others use. Linux tells both; elsewhere less is known, and said so. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  /** Frequency governor, where the system has one that can be read. */
  readonly governor: string;
  readonly node: string;
  readonly v8: string;
  readonly isolatedVm: string;
  readonly piscina: string;
}

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
};

function packageVersion(name: string): string {
  const file = createRequire(import.meta.url).resolve(name);
  const folder = `/node_modules/${name}/`;
  const root = file.slice(0, file.lastIndexOf(folder) + folder.length);
  return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch} ${release()}`,
  governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? 'cannot be read',
  node: process.version,
  v8: process.versions.v8,
  isolatedVm: packageVersion('isolated-vm'),
  piscina: packageVersion('piscina'),
});

export const load = (): number => Number(loadavg()[0]?.toFixed(2));

/** Length of a tick of /proc/stat in seconds: USER_HZ is 100 on every architecture Node.js runs on. */
const TICK = 0.01;

/** Seconds of CPU used by all cores since boot, taken by other guests of the host included. */
function busySeconds(): number | undefined {
  const fields = read('/proc/stat')?.split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number);
  if (fields === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * TICK;
}

/** Parent, and seconds of CPU with those of children that ended; undefined when there is no such process any more. */
function processOf(pid: string): { readonly parent: string; readonly seconds: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // After the name in parentheses the state is field 3 of proc(5), the parent field 4, and the times fields 14 to 17.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  const seconds = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK, 0);
  return { parent: fields[1] as string, seconds };
}

/** Seconds of CPU of this process and of all it started, ended or not. */
function ownSeconds(): number {
  if (process.platform !== 'linux') return 0;
  const children = new Map<string, string[]>();
  const seconds = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const found = processOf(pid);
    if (found === undefined) continue;
    seconds.set(pid, found.seconds);
    children.set(found.parent, [...(children.get(found.parent) ?? []), pid]);
  }
  const sum = (pid: string): number =>
    (children.get(pid) ?? []).reduce((all, child) => all + sum(child), seconds.get(pid) ?? 0);
  return sum(String(process.pid));
}

/** Starts to watch; the function it gives tells how many cores others kept busy since, undefined where nothing tells. */
export function watchOthers(): () => number | undefined {
  const began = performance.now();
  const busy = busySeconds();
  const own = ownSeconds();
  return () => {
    const now = busySeconds();
    if (busy === undefined || now === undefined) return undefined;
    const seconds = (performance.now() - began) / 1_000;
    return Math.max(0, (now - busy - (ownSeconds() - own)) / Math.max(seconds, TICK));
  };
}
