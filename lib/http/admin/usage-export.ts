/** What tenants used, as JSON lines in a file of the day: for every tenant that used something, what it was. */
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Usage } from '../../tenant/meter.ts';
import type { Host } from '../host.ts';

export class UsageExport {
  readonly #host: Host;
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;
  readonly #told = new Map<string, Usage>();
  #since = new Date().toISOString();
  #writing: Promise<void> = Promise.resolve();

  /** `folder`: made when there is something to write. */
  constructor(host: Host, folder: string, everyMs: number) {
    this.#host = host;
    this.#folder = folder;
    this.#timer = setInterval(() => void this.write(), everyMs).unref();
  }

  /** Writes what was used since the last time. A disk that fails is told; the amounts are in the next line then. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const until = new Date().toISOString();
    const now = new Map<string, Usage>();
    let lines = '';
    for (const tenant of this.#host.tenants.list()) {
      const usage = { ...this.#host.meterOf(tenant).usage };
      const used = difference(usage, this.#told.get(tenant.name));
      if (Object.values(used).every((amount) => amount === 0)) continue;
      now.set(tenant.name, usage);
      lines += `${JSON.stringify({ from: this.#since, until, tenant: tenant.name, ...used })}\n`;
    }
    if (lines === '') return;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await appendFile(join(this.#folder, `${until.slice(0, 10)}.jsonl`), lines, { mode: 0o600 });
      for (const [name, usage] of now) this.#told.set(name, usage);
      this.#since = until;
    } catch (error) {
      this.#host.log.error('The usage of tenants could not be written', { error });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
  }
}

function difference(usage: Usage, before: Usage | undefined): Usage {
  if (before === undefined) return usage;
  const entries = Object.entries(usage).map(([name, amount]) => [name, amount - before[name as keyof Usage]]);
  return Object.fromEntries(entries) as unknown as Usage;
}
