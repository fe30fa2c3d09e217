/** Messages to RabbitMQ: persistent, confirmed by the server, and refused where there is no such queue. */
import { IsopodError } from '../../errors.ts';
import { type LinkKind, OPEN_MS } from '../message/links.ts';
import { optionalPackage } from '../optional-package.ts';

export const rabbitLink: LinkKind = {
  name: 'rabbitmq',
  protocols: ['amqp', 'amqps'],

  checkPlace(queue) {
    if (Buffer.byteLength(queue) <= 255) return;
    throw new IsopodError('InvalidArgument', 'rabbitmq:{connection}/{queue}: a queue has a name of at most 255 bytes');
  },

  async open({ url, username, password }, ended) {
    const { connect } = await optionalPackage(() => import('amqplib'), 'amqplib', 'A RabbitMQ destination');
    const address = new URL(url);
    if (username !== undefined) address.username = encodeURIComponent(username);
    if (password !== undefined) address.password = encodeURIComponent(password);
    const connection = await connect(address.href, { timeout: OPEN_MS });
    connection.on('error', ended).on('close', ended);
    const channel = await connection.createConfirmChannel();
    channel.on('error', ended).on('close', ended);
    // The server gives a message nobody can have back before it confirms it.
    const returned = new Set<string>();
    channel.on('return', ({ properties }: { properties: { messageId?: unknown } }) => {
      returned.add(String(properties.messageId));
    });
    return {
      send: (queue, { id, body }) =>
        new Promise<void>((resolve, reject) => {
          const options = { persistent: true, mandatory: true, messageId: id, contentType: 'application/json' };
          channel.publish('', queue, Buffer.from(body), options, (error: unknown) => {
            if (error) reject(error);
            else if (returned.delete(id)) reject(new IsopodError('SourceFailed', `There is no queue "${queue}"`));
            else resolve();
          });
        }),
      close: () => connection.close(),
    };
  },
};
