/** An engine of a cluster for the benchmark: has the function, and says when it is ready. Arguments: server, name. */
import { createEngine, type InvokeStatus } from '../../lib/index.ts';

const [nats = '', node = ''] = process.argv.slice(2);
const engine = await createEngine({ workers: 1, cluster: { nats, node } });
process.on('message', async (what: { readonly warm?: string; readonly close?: true }) => {
  if (what.warm !== undefined) await warm(what.warm);
  if (what.close === true) await engine.close();
  process.send?.({ done: true });
  if (what.close === true) process.disconnect();
});
/** Until the function is known here, and a call of it runs here. */
async function warm(functionName: string): Promise<void> {
  for (let ran = false; !ran; ) {
    const status: InvokeStatus = {};
    await engine.invoke(functionName, { id: 1 }, { status }).then(
      () => {
        ran = status.node === undefined;
      },
      () => new Promise((resolve) => setTimeout(resolve, 20)),
    );
  }
}
process.send?.({ id: engine.cluster?.id });
