/** Installs the peers, which nothing else does: into compare/node_modules, from compare/package-lock.json. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

export const peersInstalled = (): boolean => existsSync(`${folder}node_modules`);

export async function installPeers(say: (text: string) => void): Promise<void> {
  say(`Installing the peers from the npm registry into ${folder}node_modules (about 700 MB)`);
  // By the lock file, like `npm ci`, which would refuse to leave out what peers have for other platforms only.
  const npm = spawn('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  const code = await new Promise((resolve) => npm.once('close', resolve));
  if (code !== 0) throw new Error(`npm install in ${folder} ended with ${code}`);
}
