/** Runs what a page tells people to type into a shell, block after block, in one folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './page.ts';

/** What pages call the address of a host. */
const ADDRESS = /(?:127\.0\.0\.1|localhost):9000/g;

export class Shell {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;
  /** Host and port of the server that runs. */
  #address = '127.0.0.1:9000';

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** `isopod` and `npx isopod` are those of this checkout. */
  static async in(folder: string): Promise<Shell> {
    const bin = join(folder, '.bin');
    await mkdir(bin, { recursive: true });
    const ours = `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'lib/cli/main.ts')}" "$@"\n`;
    await writeFile(join(bin, 'isopod'), ours, { mode: 0o755 });
    await writeFile(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    const { FORCE_COLOR: _, NODE_TEST_CONTEXT: __, NODE_OPTIONS: ___, ...env } = process.env;
    return new Shell(folder, { ...env, PATH: `${bin}${delimiter}${env.PATH}`, ISOPOD_PORT: '0' });
  }

  #script(text: string): string {
    return `set -eu\n${text.replace(ADDRESS, this.#address)}`;
  }

  /** Resolves with what it printed to standard output. */
  async run(text: string): Promise<string> {
    const args = ['-c', this.#script(text)];
    const { stdout } = await promisify(execFile)('sh', args, { cwd: this.#folder, env: this.#env, timeout: 120_000 });
    return stdout;
  }

  /** Begins what goes on until the end of the page; resolves when it serves. */
  async serve(text: string): Promise<void> {
    const child = spawn(
      'sh',
      ['-c', this.#script(text).replace(/(?:npx )?isopod (?=serve|dev|start)/, 'exec isopod ')],
      {
        cwd: this.#folder,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.#server = child;
    let out = '';
    for await (const part of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      out += part;
      const found = /http:\/\/([\d.]+:\d+)/.exec(out)?.[1];
      if (found === undefined) continue;
      this.#address = found;
      child.stdout.resume();
      return;
    }
    throw new Error(`It ended: ${out}`);
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }
}
