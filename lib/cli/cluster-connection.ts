/** Where a cluster is and who we are there, from settings and the environment. */
import type { ClusterOptions } from '../cluster-options.ts';

/** `servers`: addresses with commas between them. Credentials are read from the environment alone. */
export function clusterOptions(
  servers: string,
  name: string | undefined,
  node: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): ClusterOptions {
  const { ISOPOD_NATS_USERNAME: username, ISOPOD_NATS_PASSWORD: password, ISOPOD_NATS_TOKEN: token } = environment;
  return {
    nats: servers.split(',').map((server) => server.trim()),
    ...(name !== undefined && { name }),
    ...(node !== undefined && { node }),
    ...(username && { username }),
    ...(password && { password }),
    ...(token && { token }),
  };
}
