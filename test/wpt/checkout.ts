/** Where the cases are: a checkout of web-platform-tests outside of this repository. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder named, or the one ISOPOD_WPT names; undefined when there is neither. Throws when it is no checkout. */
export function findCheckout(folder: string | undefined = process.env.ISOPOD_WPT): string | undefined {
  if (folder === undefined || folder === '') return undefined;
  const checkout = resolve(folder);
  if (existsSync(join(checkout, 'resources', 'testharness.js'))) return checkout;
  throw new Error(`${folder} is no checkout of web-platform-tests: it has no resources/testharness.js`);
}

/** The commit that is checked out; `unknown` for a folder that is not under git. */
export function revisionOf(checkout: string): string {
  if (!existsSync(join(checkout, '.git'))) return 'unknown';
  return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();
}
