/** An engine of a cluster for the benchmark: has the function, and says when it is ready. Arguments: server, name. */
import { createEngine } from '../../lib/index.ts';

const [nats = '', node = ''] = process.argv.slice(2);
const engine = await createEngine({ workers: 1, cluster: { nats, node } });
process.on('message', async (what: { readonly warm?: string; readonly close?: true }) => {
  if (what.warm !== undefined) await engine.invoke(what.warm, { id: 1 });
  if (what.close === true) await engine.close();
  process.send?.({ done: true });
  if (what.close === true) process.disconnect();
});
process.send?.({ id: engine.cluster?.id });
