/** Messages to Redis streams: an entry with the fields `id` and `body` each. */
import { type LinkKind, OPEN_MS } from '../message/links.ts';
import { optionalPackage } from '../optional-package.ts';

export const redisLink: LinkKind = {
  name: 'redis',
  protocols: ['redis', 'rediss'],

  checkPlace() {},

  async open({ url, username, password }, ended) {
    const { createClient } = await optionalPackage(() => import('redis'), 'redis', 'A Redis destination');
    const client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: false, connectTimeout: OPEN_MS },
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    client.on('error', ended).on('end', ended);
    await client.connect();
    return {
      send: (stream, { id, body }) => client.xAdd(stream, '*', { id, body }),
      close: async () => client.destroy(),
    };
  },
};
