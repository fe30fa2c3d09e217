/** `MessageChannel` and `MessagePort` (HTML standard, 9.4). */
import { compare } from './compare.ts';

compare({
  'ports carry clones of messages to each other, in order and later': {
    setup: `
      const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
      const exchange = async (use) => {
        const { port1, port2 } = new MessageChannel();
        const seen = [];
        port2.onmessage = ({ data }) => seen.push(data);
        try {
          await use(port1, port2, seen);
          seen.push('|');
          await pause();
          return seen;
        } finally {
          port1.close();
        }
      };`,
    rows: [
      'exchange((a) => { a.postMessage(1); a.postMessage({ x: [2] }); })',
      'exchange((a, b, seen) => { const sent = { x: 1 }; a.postMessage(sent); sent.x = 2; })',
      'exchange((a, b, seen) => { a.onmessage = ({ data }) => seen.push(["back", data]); b.onmessage = ({ data }) => b.postMessage(data + 1); a.postMessage(1); })',
      'exchange((a) => a.postMessage(new Map([[1, new Date(2)]])))',
      'exchange((a) => a.postMessage())',
      'exchange((a) => a.postMessage(() => 1))',
      'exchange((a, b, seen) => { const buffer = new ArrayBuffer(3); a.postMessage(buffer, [buffer]); seen.push(buffer.byteLength); })',
      'exchange((a, b, seen) => { const view = new Uint8Array([1, 2]); a.postMessage(view, { transfer: [view.buffer] }); seen.push(view.length); })',
      'exchange((a) => a.postMessage(1, [a]))',
      'exchange((a, b) => { b.close(); a.postMessage(1); })',
      'exchange((a) => { a.close(); a.postMessage(1); })',
      `(async () => {
        const outer = new MessageChannel();
        const inner = new MessageChannel();
        const got = new Promise((resolve) => {
          outer.port2.onmessage = ({ data, ports }) => {
            ports[0].onmessage = (event) => resolve([data.port === ports[0], ports.length, event.data]);
          };
        });
        outer.port1.postMessage({ port: inner.port2 }, [inner.port2]);
        inner.port1.postMessage('through the moved port');
        const result = await got;
        outer.port1.close();
        inner.port1.close();
        return result;
      })()`,
      '((c) => [c.port1 === c.port1, c.port1 !== c.port2, c.port1 instanceof MessagePort])(new MessageChannel())',
      'new MessagePort()',
      'MessageChannel()',
      '((port) => structuredClone({ port }))(new MessageChannel().port1)',
    ],
    standard: {
      // Listening does not start a port; in Node.js it does.
      [`(async () => {
        const { port1, port2 } = new MessageChannel();
        const seen = [];
        port2.addEventListener('message', ({ data }) => seen.push(data));
        port1.postMessage('kept');
        await pause();
        seen.push('start');
        port2.start();
        await pause();
        port1.close();
        return seen;
      })()`]: ['start', 'kept'],
      '((p) => [p.onmessage, p.onmessageerror])(new MessageChannel().port1)': [null, null],
      // Node.js's tag is of its own class.
      'Object.prototype.toString.call(new MessageChannel().port1)': '[object MessagePort]',
    },
  },
});
