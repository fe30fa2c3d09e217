/** What machine it is, and how much of it others use. Linux tells both; elsewhere less is known, and said so. */
import { readFileSync } from 'node:fs';
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

/** Seconds of CPU of this process and of the child processes that ended. */
function ownSeconds(): number {
  const stat = read('/proc/self/stat') ?? '';
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return (utime + stime + cutime + cstime) * TICK;
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
