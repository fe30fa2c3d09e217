/** The console in a real browser: each page's main action, accessibility, languages, colours, a phone, and what it loads. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { SqliteCatalog } from '../../lib/store/sqlite-catalog.ts';
import { ADMIN, type Served, serve } from '../http/served.ts';
import { launch, missing, violations } from './browser.ts';

const why = missing();
/** Outside git. */
const SHOTS = fileURLToPath(new URL('../../.tap/screenshots/', import.meta.url));
mkdirSync(SHOTS, { recursive: true });

const source = `export const handler = (event, context) => {
  context.logger.info('hello from the log');
  if (event?.fail) throw new Error('as it was told');
  return { greeting: 'Hello, ' + event?.name };
};`;

/** A host that finds so many functions in its folder: copies of one, as documents. */
async function serveMany(data: string, count: number): Promise<Served> {
  const name = (no: number): string => `f${String(no).padStart(5, '0')}`;
  const first = await serve({ data, anonymous: true });
  await first.engine.createFunction({ functionName: name(0), code: { source } });
  await first.close();
  const catalog = new SqliteCatalog(join(data, 'catalog.sqlite'));
  const text = JSON.stringify((await catalog.get('function', name(0)))?.value);
  const copies = Array.from({ length: count - 1 }, (_, at) => name(at + 1));
  await Promise.all(copies.map((copy) => catalog.put('function', copy, JSON.parse(text.replaceAll(name(0), copy)))));
  await catalog.close();
  return serve({ data, anonymous: true });
}

t.test('the console', { skip: why ?? false, timeout: 300_000 }, async (t) => {
  const open = await serve({ anonymous: true });
  const closed = await serve({});
  const browser: Browser = await launch();
  t.teardown(async () => {
    await browser.close();
    await closed.close();
    await open.close();
  });
  await open.engine.createFunction({ functionName: 'greet', code: { source } });
  const problems: string[] = [];

  const visit = async (address: string, options: BrowserContextOptions = {}, base = open.base): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      const isExpected = base === closed.base && /status of 40[13]/.test(message.text());
      if (message.type() === 'error' && !isExpected) problems.push(message.text());
    });
    await page.goto(`${base}/console${address}`);
    return page;
  };
  const accessible = async (t: Test, page: Page, name: string): Promise<void> => {
    await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
    t.same(await violations(page), [], `axe finds nothing: ${name}`);
  };

  await t.test('a function is made, called, and its stages and log are shown', async (t) => {
    const page = await visit('/#/functions');
    await page.getByLabel('Name').fill('typed-in');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'typed-in' }).waitFor();
    await page.getByLabel('Event', { exact: true }).fill('{"name":"Ada"}');
    await page.getByRole('button', { name: 'Invoke the function' }).click();
    await page.locator('pre.result').waitFor();
    t.match(await page.locator('pre.result').textContent(), /"hello": "Ada"/);
    t.match(await page.locator('pre.log').textContent(), /hello from typed-in[\s\S]*FC Invoke End RequestId/);
    t.match(await page.locator('.waterfall').textContent(), /Start instance.*Handler/);
    await accessible(t, page, 'function');
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('cell', { name: 'Success' }).first().waitFor();
    await accessible(t, page, 'activity');
  });

  await t.test('a version is published and an alias sends it a share of the calls', async (t) => {
    const page = await visit('/#/functions/typed-in/versions');
    await page.getByRole('button', { name: 'Publish a version' }).click();
    await page.getByRole('cell', { name: '1', exact: true }).waitFor();
    await page.getByLabel('New alias').fill('live');
    await page.getByRole('button', { name: 'Create' }).click();
    const alias = page.getByRole('group', { name: 'live' });
    await alias.getByLabel('Second version').selectOption('1');
    await alias.getByRole('slider').fill('25');
    const saved = page.waitForResponse((response) => response.request().method() === 'PUT');
    await alias.getByRole('button', { name: 'Save' }).click();
    t.equal((await saved).status(), 200);
    t.match(open.engine.getAlias('typed-in', 'live'), { versionId: 'LATEST', additionalVersionWeight: { 1: 0.25 } });
    await accessible(t, page, 'versions');
  });

  await t.test('configuration and code are changed', async (t) => {
    const page = await visit('/#/functions/typed-in/configuration');
    await page.getByLabel('Memory size (MB)').fill('256');
    await page.getByLabel('Environment variables').fill('A=1\nB=x=y');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').waitFor();
    t.match(open.engine.getFunction('typed-in'), { memorySize: 256, environmentVariables: { A: '1', B: 'x=y' } });
    await accessible(t, page, 'configuration');
    await page.getByRole('tab', { name: 'Code' }).click();
    await page.getByLabel('Source (index.mjs)').fill('export const handler = () => "second";');
    const replaced = page.waitForResponse((response) => response.request().method() === 'PUT');
    await page.getByRole('button', { name: 'Replace the code' }).click();
    t.equal((await replaced).status(), 200);
    t.equal(await open.engine.invoke('typed-in'), 'second');
    await accessible(t, page, 'code');
  });

  await t.test('the overview tells what goes on', async (t) => {
    open.host.observation.history.look(Date.now());
    const page = await visit('/#/overview');
    await page.getByRole('cell', { name: 'typed-in' }).waitFor();
    t.match(await page.locator('.tiles').textContent(), /Calls per second.*Error rate.*Memory/);
    await accessible(t, page, 'overview');
    await page.keyboard.press('Tab');
    t.equal(
      await page.evaluate('document.activeElement?.className'),
      'skip',
      'the keyboard comes to the content first',
    );
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('heading', { name: '概览' }).waitFor();
    await page.getByLabel('主题').selectOption('dark');
    await accessible(t, page, 'overview-dark-chinese');
  });

  await t.test('the log is followed live', async (t) => {
    const page = await visit('/#/logs/greet');
    await page.getByRole('log').waitFor();
    while (open.host.observation.streams.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await open.engine.invoke('greet', { name: 'Bo' });
    await page.getByText('hello from the log').waitFor();
    await accessible(t, page, 'log');
  });

  await t.test('a task has its history, is run again, and what was given up is sent again', async (t) => {
    await open.engine.putAsyncInvokeConfig('greet', {
      maxAsyncRetryAttempts: 0,
      destinationConfig: { onFailure: { destination: 'dead-letter' } },
    });
    await open.engine.invokeAsync('greet', { fail: true }, { taskId: 'job-1' });
    await open.engine.whenIdle();
    const page = await visit('/#/tasks/greet');
    await page.getByRole('button', { name: 'job-1' }).waitFor();
    await page.getByText(/UnhandledInvocationError: as it was told/).waitFor();
    t.match(await page.locator('.history').textContent(), /Enqueued.*Running.*Failed/);
    await accessible(t, page, 'tasks');
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.locator('tbody tr').nth(1).waitFor();
    await open.engine.whenIdle();

    await page.getByRole('tab', { name: 'Dead letters' }).click();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await page.getByRole('status').waitFor();
    t.match(await page.getByRole('status').textContent(), /^2 sent again$/);
    await page.getByLabel('Event', { exact: true }).waitFor();
    await accessible(t, page, 'dead-letters');
  });

  await t.test('a trigger is made, tried and deleted', async (t) => {
    const page = await visit('/#/triggers/greet');
    await page.getByRole('textbox', { name: 'Name' }).fill('nightly');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('cell', { name: 'nightly' }).waitFor();
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText(/"greeting": "Hello/).waitFor();
    await accessible(t, page, 'triggers');
    page.on('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('cell', { name: 'nightly' }).waitFor({ state: 'detached' });
    t.same(open.engine.listTriggers(), []);
  });

  await t.test('a tenant and a key are made, and the key lets in', async (t) => {
    const page = await visit('/#/access');
    await page.getByLabel('New tenant').fill('shop');
    await page.getByRole('button', { name: 'Create' }).first().click();
    await page.getByRole('cell', { name: 'shop' }).waitFor();
    await page.getByRole('combobox', { name: 'Tenant', exact: true }).selectOption('shop');
    await page.getByRole('button', { name: 'Create' }).last().click();
    const token = (await page.locator('.secret code').textContent()) ?? '';
    t.equal(open.host.keys.bearer(token).tenant, 'shop');
    await accessible(t, page, 'access');
  });

  await t.test('a closed host asks who it is: an access key signs in the browser, a token is sent', async (t) => {
    const page = await visit('/', {}, closed.base);
    await page.getByRole('heading', { name: 'Isopod' }).waitFor();
    await accessible(t, page, 'sign-in');
    await page.getByLabel('Access key id').fill(ADMIN.accessKeyId);
    await page.getByLabel('Access key secret').fill(ADMIN.accessKeySecret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('link', { name: 'Functions' }).click();
    await page.getByLabel('Name').fill('signed');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'signed' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    const { token } = await closed.host.keys.create({
      tenant: 'default',
      role: 'invoke',
      type: 'token',
      description: '',
    });
    await page.getByLabel('Token').fill(`${token}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Functions' }).waitFor();
    await page.getByLabel('Token').waitFor({ state: 'detached' });
  });

  await t.test('it fits a phone, and loads less than 300 kB', async (t) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true });
    const page = await context.newPage();
    let transferred = 0;
    const client = await context.newCDPSession(page);
    await client.send('Network.enable');
    client.on('Network.loadingFinished', ({ encodedDataLength }) => {
      transferred += encodedDataLength;
    });
    await page.goto(`${open.base}/console#/overview`);
    await page.locator('.tiles').waitFor();
    const [wide, width] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
    t.ok((wide as number) <= (width as number), 'nothing sticks out');
    await accessible(t, page, 'phone');
    t.ok(transferred < 300_000, `${transferred} bytes`);
  });

  await t.test('a host with 10,000 functions is no slower to look at', async (t) => {
    const data = t.testdir();
    await using many = await serveMany(data, 10_000);
    const page = await visit('/#/overview', {}, many.base);
    await page.locator('.tiles').waitFor();
    t.comment(`overview after ${Math.round(await page.evaluate('performance.now()'))} ms`);
    t.match(await page.locator('.tiles').textContent(), /10 k functions/);
    await page.getByRole('link', { name: 'Functions' }).click();
    await page.getByRole('searchbox').fill('f0999');
    await page.getByRole('cell', { name: 'f09999' }).waitFor();
    t.equal(await page.locator('tbody tr').count(), 10);
    await page.goto(`${many.base}/console#/tasks/f09999`);
    await page.getByText('No tasks').waitFor();
  });

  t.same(problems, [], 'the browser had nothing to complain about');
});
