/** `node:os`: fixed answers, which tell nothing of the host. */
import { errnoNumbers } from './errno.ts';

export const EOL = '\n';
export const devNull = '/dev/null';
const MB = 1_048_576;
/** Memory a function may have is its isolate's limit; this is the default one. */
const MEMORY_MB = 128;

export const arch = (): string => 'x64';
export const availableParallelism = (): number => 1;
export const cpus = (): object[] => [
  { model: 'isolate', speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } },
];
export const endianness = (): string => 'LE';
export const freemem = (): number => MEMORY_MB * MB;
export const totalmem = (): number => MEMORY_MB * MB;
export const getPriority = (): number => 0;
export const setPriority = (): void => undefined;
export const homedir = (): string => '/tmp';
export const hostname = (): string => 'isopod';
export const loadavg = (): number[] => [0, 0, 0];
export const machine = (): string => 'x86_64';
export const networkInterfaces = (): object => ({});
export const platform = (): string => 'linux';
export const release = (): string => '0.0.0';
export const tmpdir = (): string => '/tmp';
export const type = (): string => 'Linux';
export const uptime = (): number => (globalThis as unknown as { process: { uptime(): number } }).process.uptime();
export const userInfo = (): object => ({ uid: 1_000, gid: 1_000, username: 'isopod', homedir: '/tmp', shell: null });
export const version = (): string => 'isopod';

const names = 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM'.split(' ');
const signals = Object.fromEntries(names.map((name, at) => [`SIG${name}`, at + 1]));

export const constants: object = {
  UV_UDP_REUSEADDR: 4,
  dlopen: { RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0 },
  errno: errnoNumbers,
  signals,
  priority: {
    PRIORITY_LOW: 19,
    PRIORITY_BELOW_NORMAL: 10,
    PRIORITY_NORMAL: 0,
    PRIORITY_ABOVE_NORMAL: -7,
    PRIORITY_HIGH: -14,
    PRIORITY_HIGHEST: -20,
  },
};
