/** Calls a function of a host. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Connection } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { path, queryOf } from './host-command.ts';

type Options = Readonly<Record<string, unknown>>;

export async function invoke(at: Connection, name: string, options: Options): Promise<number> {
  const { qualifier, taskId, json } = options;
  const isAsync = options.async === true || taskId !== undefined;
  const body = await eventBytes(options.data as string | undefined);
  const reply = await at.request('POST', path('functions', name, 'invocations') + queryOf({ qualifier }), {
    headers: {
      ...(isAsync && { 'x-fc-invocation-type': 'Async' }),
      ...(taskId !== undefined && { 'x-fc-async-task-id': String(taskId) }),
      ...(options.log === true && { 'x-fc-log-type': 'Tail' }),
    },
    ...(body !== undefined && { body }),
    ...(json !== true && !isAsync && { onPiece: toOutput }),
  });
  const header = (of: string): string | undefined => reply.headers[of]?.toString();
  const log = header('x-fc-log-result');
  if (log !== undefined) process.stderr.write(`${Buffer.from(log, 'base64').toString()}\n`);
  const errorType = header('x-fc-error-type');
  if (json === true) {
    const type = header('content-type') ?? '';
    const text = reply.body.toString();
    const result = text === '' ? undefined : type.includes('json') ? JSON.parse(text) : text;
    console.log(JSON.stringify({ requestId: header('x-fc-request-id'), errorType, taskId, result }));
  } else if (isAsync) {
    console.log(`Accepted as ${taskId === undefined ? header('x-fc-request-id') : String(taskId)}.`);
  } else if (process.stdout.isTTY) {
    process.stdout.write('\n');
  }
  return errorType === undefined ? EXIT.ok : EXIT.function;
}

/** A result in pieces is shown while it is made, no faster than whoever reads takes it. */
async function toOutput(piece: Buffer): Promise<void> {
  if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
}

async function eventBytes(data: string | undefined): Promise<Buffer | undefined> {
  if (data === undefined) return undefined;
  if (data === '-') return buffer(process.stdin);
  return data.startsWith('@') ? readFile(data.slice(1)) : Buffer.from(data);
}
