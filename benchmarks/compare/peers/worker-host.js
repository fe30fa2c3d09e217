/**
 * Runs in Deno and in Bun: a worker per function, lines of JSON in and out (see line-process.ts). Deno's workers have no
 * permissions but those named in the message that starts one.
 */
const deno = globalThis.Deno;
const workers = new Map();
const decoder = new TextDecoder();
let out = '';

const write = (text) => {
  if (out === '') queueMicrotask(flush);
  out += `${text}\n`;
};
const flush = () => {
  const text = out;
  out = '';
  if (deno) {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(deno.stdout.writeSync(bytes));
  } else process.stdout.write(text);
};

function start(f, code, net) {
  const script = `${code}
    self.onmessage = async ({ data }) => {
      try { self.postMessage({ i: data.i, r: await handler(data.e) }); } catch (error) { self.postMessage({ i: data.i, x: String(error) }); }
    };`;
  const url = URL.createObjectURL(new Blob([script], { type: 'application/javascript' }));
  const worker = new Worker(
    url,
    deno
      ? { type: 'module', deno: { permissions: net ? { net: ['127.0.0.1'] } : 'none' } }
      : { type: 'module', smol: true },
  );
  worker.onmessage = ({ data }) => write(JSON.stringify(data));
  worker.onerror = (event) => {
    event.preventDefault?.();
    console.error(event.message);
  };
  workers.set(f, worker);
}

function take(line) {
  const { f, code, net, i, e } = JSON.parse(line);
  if (code !== undefined) start(f, code, net);
  else if (i !== undefined) workers.get(f).postMessage({ i, e });
  else {
    workers.get(f)?.terminate();
    workers.delete(f);
  }
}

let rest = '';
for await (const chunk of deno ? deno.stdin.readable : Bun.stdin.stream()) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
  rest = lines.pop();
  for (const line of lines) take(line);
}
