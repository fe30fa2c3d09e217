/** What `isopod init` writes. */

export interface Template {
  readonly says: string;
  readonly files: (name: string) => Readonly<Record<string, string>>;
  readonly next: (dir: string) => string;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const runIt = (dir: string): string => `Next:\n  npx isopod dev ${dir}`;

const test = (name: string, assertion: string): string => `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEngine } from 'isopod/testing';

test('${name}', async () => {
  await using engine = await createTestEngine();
  await engine.createFunction({ functionName: '${name}', code: { dir: import.meta.dirname } });
${assertion}
});
`;

export const TEMPLATES = {
  event: {
    says: 'a function that takes an event and gives a result',
    next: runIt,
    files: (name) => ({
      'index.js': `/** Takes an event, gives a result. */
export const handler = async (event, context) => {
  context.logger.info('asked by', event?.name);
  return { message: \`Hello, \${event?.name ?? 'world'}!\` };
};
`,
      'event.json': json({ name: 'Ada' }),
      'index.test.js': test(
        name,
        `  assert.deepEqual(await engine.invoke('${name}', { name: 'Ada' }), { message: 'Hello, Ada!' });`,
      ),
      'package.json': json({
        name,
        private: true,
        type: 'module',
        scripts: { dev: 'isopod dev .', test: 'node --test' },
        devDependencies: { isopod: '*' },
        isopod: { timeout: 5 },
      }),
    }),
  },
  http: {
    says: 'a web-standard fetch handler',
    next: runIt,
    files: (name) => ({
      'index.js': `/** Answers HTTP requests, as in WinterTC-style runtimes. */
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname !== '/') return new Response('There is nothing here', { status: 404 });
    return Response.json({ message: 'Hello from ${name}', method: request.method });
  },
};
`,
      'event.json': json({ method: 'GET', url: 'http://localhost/', headers: {} }),
      'index.test.js': test(
        name,
        `  const answer = await engine.invoke('${name}', { method: 'GET', url: 'http://localhost/', headers: {} });
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /Hello from ${name}/);`,
      ),
      'package.json': json({
        name,
        private: true,
        type: 'module',
        scripts: { dev: 'isopod dev .', test: 'node --test' },
        devDependencies: { isopod: '*' },
        isopod: { handler: 'index.default', timeout: 5 },
      }),
    }),
  },
  typescript: {
    says: 'an event function in TypeScript, with an initializer',
    next: runIt,
    files: (name) => ({
      'index.ts': `import type { HandlerContext } from 'isopod';

interface Order {
  readonly items: readonly { readonly price: number; readonly count: number }[];
}

let currency = '';

/** Once per instance, before its first call. */
export async function initialize(): Promise<void> {
  currency = process.env.CURRENCY ?? 'EUR';
}

export async function handler(order: Order, { logger }: HandlerContext): Promise<string> {
  const total = order.items.reduce((sum, { price, count }) => sum + price * count, 0);
  logger.info('items:', order.items.length);
  return \`\${total.toFixed(2)} \${currency}\`;
}
`,
      'event.json': json({ items: [{ price: 2.5, count: 4 }] }),
      'index.test.ts': test(
        name,
        `  await engine.updateFunction('${name}', { instanceLifecycleConfig: { initializer: { handler: 'index.initialize' } } });
  assert.equal(await engine.invoke('${name}', { items: [{ price: 2.5, count: 4 }] }), '10.00 EUR');`,
      ),
      'tsconfig.json': json({
        compilerOptions: {
          target: 'es2024',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          allowImportingTsExtensions: true,
          types: ['node'],
        },
        include: ['*.ts'],
      }),
      'package.json': json({
        name,
        private: true,
        type: 'module',
        scripts: { dev: 'isopod dev .', test: 'node --test' },
        devDependencies: { '@types/node': '*', isopod: '*', typescript: '*' },
        isopod: {
          timeout: 5,
          environmentVariables: { CURRENCY: 'EUR' },
          instanceLifecycleConfig: { initializer: { handler: 'index.initialize' } },
        },
      }),
    }),
  },
  plugin: {
    says: 'a program that runs plugins of others',
    next: (dir) => `Next:\n  cd ${dir} && npm install && npm start`,
    files: (name) => ({
      'host.js': `/** Loads every folder of plugins/ and lets each of them change a text. Plugins get what is granted here and nothing else. */
import { readdir } from 'node:fs/promises';
import { createEngine } from 'isopod';

await using engine = await createEngine();
const words = new Map([['greeting', 'Hello']]);

const folder = new URL('plugins/', import.meta.url);
for (const name of await readdir(folder)) {
  await engine.createFunction({
    functionName: name,
    code: { dir: new URL(name, folder).pathname },
    timeout: 1,
    memorySize: 64,
    bindings: { words: { get: (key) => words.get(key) ?? null } },
  });
}

let text = 'Ada';
for (const { functionName } of engine.listFunctions()) {
  try {
    text = await engine.invoke(functionName, text);
  } catch (error) {
    console.error(\`\${functionName} was left out: \${error.code} \${error.message}\`);
  }
}
console.log(text);
`,
      'plugins/greet/index.js': `export const handler = async (text, { bindings }) => \`\${await bindings.words.get('greeting')}, \${text}!\`;
`,
      'plugins/shout/index.js': `export const handler = (text) => text.toUpperCase();
`,
      'package.json': json({
        name,
        private: true,
        type: 'module',
        scripts: { start: 'node host.js' },
        dependencies: { isopod: '*' },
      }),
    }),
  },
} as const satisfies Readonly<Record<string, Template>>;
