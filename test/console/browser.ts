/** A real Chromium without a window, and what is wrong with a page for people who do not use it with eyes and mouse. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const found = PLACES.find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Why there is no browser; undefined when there is one. Without one a run of CI fails. */
export function missing(): string | undefined {
  if (found !== undefined) return undefined;
  const why = 'install the Debian package chromium';
  if (process.env.ISOPOD_CI === '1') throw new Error(why);
  return why;
}

export function launch(): Promise<Browser> {
  // As root, as in containers, its own sandbox cannot start; the pages are ours.
  // And whoever runs the tests may have no folder of their own to write to.
  const home = tmpdir();
  return chromium.launch({
    executablePath: found as string,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    env: { ...process.env, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds, in words. The page's policy forbids scripts of others, so it comes by the debugger. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })",
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
