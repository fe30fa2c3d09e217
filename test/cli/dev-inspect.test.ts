/** `isopod dev --inspect`: a debugger attaches as Chrome DevTools does, and stops a function. */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { createEngine } from '../../lib/index.ts';
import { canInspect } from '../../lib/inspect-options.ts';
import { isopod } from './command.ts';
import { watchedDev } from './dev-process.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol has hundreds of shapes.
  readonly params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly result?: any;
}

class Debugger {
  readonly #socket: WebSocket;
  readonly #seen: Message[] = [];
  #next = 1;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text) => this.#seen.push(JSON.parse(String(text))));
  }

  async find(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#seen.findIndex(wanted);
      if (at >= 0) return this.#seen.splice(at, 1)[0] as Message;
      await once(this.#socket, 'message');
    }
  }

  async ask(method: string, params: object = {}): Promise<Message> {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return this.find((message) => message.id === id);
  }
}

t.test('a debugger stops a function where it can; elsewhere the command says so', async (t) => {
  if (canInspect) return stops(t);
  const { code, err } = await isopod(['dev', t.testdir({}), '--inspect', '0']);
  t.match([code, err], [2, /--inspect works with Node\.js 24/]);
  await t.rejects(createEngine({ inspector: { opened: () => undefined, closed: () => undefined } }), {
    code: 'InvalidArgument',
  });
});

/** A breakpoint in the sources stops it, its values are seen, and nothing else stands still. */
async function stops(t: Test): Promise<void> {
  const dir = t.testdir({
    add: {
      'index.ts':
        'export const handler = ({ a, b }: { a: number; b: number }) => {\n  let sum = a + b;\n  console.log(sum);\n  return sum < 1_000 ? sum : "x".repeat(sum);\n};\n',
    },
    other: { 'index.js': 'export const handler = () => "here";' },
  });
  const { child, seen, call } = await watchedDev(t, dir, '--inspect', '0');
  const [, address] = await seen(/Debugger (\S+):/);
  t.equal(await call('add', { a: 1, b: 2 }), '3');

  const list = (await (await fetch(`http://${address}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
  t.match(list, [{ type: 'node', title: 'add' }]);
  const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  const client = new Debugger(socket);
  const parsed = client.find(
    ({ method, params }) => method === 'Debugger.scriptParsed' && params.url === 'isopod:function',
  );
  await client.ask('Debugger.enable');
  const { scriptId, sourceMapURL } = (await parsed).params;
  const map = JSON.parse(Buffer.from(sourceMapURL.split(',')[1], 'base64').toString());
  t.match(map.sources, [/index\.ts$/]);
  const { scriptSource } = (await client.ask('Debugger.getScriptSource', { scriptId })).result;
  const lines = scriptSource.split('\n') as string[];
  const lineNumber = lines.findIndex((line) => line.includes('console.log(sum)'));
  const columnNumber = lines[lineNumber]?.indexOf('console.log(sum)');
  await client.ask('Debugger.setBreakpoint', { location: { scriptId, lineNumber, columnNumber } });

  const answer = call('add', { a: 40, b: 2 });
  const { callFrames } = (await client.find(({ method }) => method === 'Debugger.paused')).params;
  const { callFrameId } = callFrames[0];
  t.equal(
    (await client.ask('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'sum' })).result.result.value,
    42,
  );
  t.equal(await call('other', {}), 'here', 'another function goes on');
  await client.ask('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'sum = 43' });
  await client.ask('Debugger.resume');
  t.equal(await answer, '43', 'what the debugger changed');

  const long = call('add', { a: 10_000, b: 0 });
  await client.find(({ method }) => method === 'Debugger.paused');
  await client.ask('Debugger.resume');
  t.equal((await long).length, 10_000, 'a result that crosses in another way');

  const stopped = call('add', { a: 1, b: 1 });
  await client.find(({ method }) => method === 'Debugger.paused');
  socket.close();
  t.equal(await stopped, '2', 'a debugger that goes away lets it go on');
  for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }]) {
    const refused = new WebSocket(list[0]?.webSocketDebuggerUrl ?? '', { headers });
    const [error] = await once(refused, 'error');
    t.match(error.message, /403/);
  }
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  t.same(await exit, [0, null]);
}
