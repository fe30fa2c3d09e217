/** The official client of 2016-08-15, unchanged; it has no types of its own. */
import { createRequire } from 'node:module';
import { ADMIN } from '../served.ts';

// biome-ignore lint/suspicious/noExplicitAny: its methods are named as Function Compute's operations.
export type Client = any;

export function client2016(
  port: number,
  credentials: { accessKeyId: string; accessKeySecret: string } = ADMIN,
): Client {
  const FC = createRequire(import.meta.url)('@alicloud/fc2') as new (account: string, config: object) => Client;
  return new FC('1234567890123456', {
    accessKeyID: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    region: 'cn-local',
    endpoint: `http://127.0.0.1:${port}`,
    timeout: 30_000,
  });
}
