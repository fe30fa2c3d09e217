/** The examples of docs/triggers.md, as they stand there, each in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { missing, mosquitto, nats, postgres, rabbitmq, redis, type Service } from './servers.ts';

const page = readFileSync(new URL('../../docs/triggers.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/<!-- run: (\w+) -->\n```js\n([\s\S]*?)\n```/g)].map(([, name, code]) => ({
  name: name as string,
  code: code as string,
}));

interface Needed {
  readonly variable: string;
  readonly binary: string;
  readonly aptPackage: string;
  readonly start: () => Promise<Service>;
}
const NEEDS: Readonly<Record<string, Needed>> = {
  nats: { variable: 'NATS_URL', binary: 'nats-server', aptPackage: 'nats-server', start: nats },
  redis: { variable: 'REDIS_URL', binary: 'redis-server', aptPackage: 'redis-server', start: redis },
  mqtt: { variable: 'MQTT_URL', binary: 'mosquitto', aptPackage: 'mosquitto', start: mosquitto },
  rabbitmq: { variable: 'AMQP_URL', binary: 'rabbitmq-server', aptPackage: 'rabbitmq-server', start: rabbitmq },
  postgres: { variable: 'POSTGRES_URL', binary: 'postgres', aptPackage: 'postgresql', start: postgres },
};

/** Below the checkout, so that packages are found; `isopod` is our source. */
const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.isopod-docs-', import.meta.url)));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const door = new URL('../../lib/index.ts', import.meta.url).href;

t.test('every source has an example', (t) => {
  t.same(examples.map(({ name }) => name).sort(), [
    ...[
      'bus',
      'cdn',
      'log',
      'mqtt',
      'nats',
      'oss',
      'postgres',
      'queue',
      'rabbitmq',
      'redis',
      'tablestore',
      'timer',
      'topic',
    ],
  ]);
  t.end();
});

for (const { name, code } of examples) {
  const needed = NEEDS[name];
  const skip = needed === undefined ? false : missing(needed.binary, needed.aptPackage);
  t.test(`the ${name} example prints what it says`, { skip }, async (t) => {
    const service = await needed?.start();
    t.teardown(() => service?.stop());
    const url =
      needed?.binary === 'postgres' ? `postgres://postgres@127.0.0.1:${service?.port}/postgres` : service?.url;
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, code.replace("'isopod'", `'${door}'`));
    const env = { ...process.env, ...(needed !== undefined && url !== undefined && { [needed.variable]: url }) };
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', file], { env, timeout: 60_000 });
    t.equal(stdout.trim(), /console\.log\(.*\); \/\/ (.*)$/m.exec(code)?.[1]);
  });
}
