/** Messages to NATS JetStream: acknowledged by the stream that keeps the subject, which drops one that comes again soon. */
import { IsopodError } from '../../errors.ts';
import { type LinkKind, OPEN_MS } from '../message/links.ts';
import { optionalPackage } from '../optional-package.ts';

const PACKAGES = '@nats-io/transport-node @nats-io/jetstream';

export const natsLink: LinkKind = {
  name: 'nats',
  protocols: ['nats', 'tls', 'ws', 'wss'],

  checkPlace(subject) {
    if (/^[^\s*>.]+(?:\.[^\s*>.]+)*$/.test(subject)) return;
    throw new IsopodError(
      'InvalidArgument',
      `nats:{connection}/{subject}: "${subject}" is no subject without wildcards`,
    );
  },

  async open({ url, username, password, token }, ended) {
    const { connect } = await optionalPackage(() => import('@nats-io/transport-node'), PACKAGES, 'A NATS destination');
    const { jetstream } = await optionalPackage(() => import('@nats-io/jetstream'), PACKAGES, 'A NATS destination');
    const connection = await connect({
      servers: url,
      name: 'isopod destinations',
      reconnect: false,
      timeout: OPEN_MS,
      ...(username !== undefined && { user: username }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
    });
    void connection.closed().then(ended);
    const stream = jetstream(connection);
    return {
      send: (subject, { id, body }) => stream.publish(subject, body, { msgID: id }),
      close: () => connection.close(),
    };
  },
};
