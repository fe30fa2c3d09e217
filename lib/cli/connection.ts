/**
 * How commands reach a host: a server, or, without one, a data folder opened for the while of the command. Either way they
 * speak the API, so a command is written once.
 */
import { Agent, request as send } from 'undici';
import { createEngine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import { signedHeaders } from '../http/auth/sign.ts';
import { Host } from '../http/host.ts';
import { createApiServer } from '../http/server.ts';
import { settingsSchema } from '../http/settings.ts';
import { ApiFailure } from './api-failure.ts';

export interface ConnectionOptions {
  readonly server?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly region?: string | undefined;
}

export interface ApiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Takes a piece of an answer's body; the next one waits for it. */
export type TakePiece = (piece: Buffer) => unknown;

export interface ApiRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes go as they are, everything else as JSON. */
  readonly body?: unknown;
  /** Gets the body of a good answer as it comes; the reply's is empty then. */
  readonly onPiece?: TakePiece | undefined;
}

export interface Connection extends AsyncDisposable {
  /** The address, for people. */
  readonly name: string;
  /** Rejects with the error the API told. */
  request(method: string, path: string, request?: ApiRequest): Promise<ApiReply>;
  /** The body of an answer as it comes. Rejects with `InvalidArgument` where no server runs: nothing comes there. */
  stream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  /** As `request`; resolves with the JSON value of the answer. */
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** Milliseconds: a sync call may last as long as its function may. */
const ANSWER_MS = 86_400_000;

/** Rejects with `InvalidArgument` when neither a server nor a folder is named. */
export async function connect(options: ConnectionOptions, environment = process.env): Promise<Connection> {
  const server = options.server ?? environment.ISOPOD_SERVER;
  const data = options.dataDir ?? environment.ISOPOD_DATA;
  if (options.dataDir === undefined && server !== undefined && server !== '') return toServer(server, environment);
  if (data !== undefined && data !== '') return toFolder(data, options.region);
  throw new IsopodError(
    'InvalidArgument',
    'Which host? Name a server with --server (or ISOPOD_SERVER), or a folder with --data-dir (or ISOPOD_DATA)',
  );
}

function toServer(server: string, environment: NodeJS.ProcessEnv): Connection {
  const base = URL.parse(server.includes('://') ? server : `http://${server}`);
  if (base === null) throw new IsopodError('InvalidArgument', `--server: ${server} is not an address`);
  const agent = new Agent({ headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  const credentials = credentialsFrom(environment);
  const authorized = (method: string, path: string, headers: Readonly<Record<string, string>>, bytes: Buffer) => {
    const own = { host: base.host, ...headers };
    if (credentials.token) return { ...own, authorization: `Bearer ${credentials.token}` };
    return credentials.key ? signedHeaders(method, path, own, bytes, credentials.key) : own;
  };
  const request = async (method: string, path: string, wanted: ApiRequest = {}): Promise<ApiReply> => {
    const { headers, bytes } = written(wanted);
    const sent = authorized(method, path, headers, bytes);
    const reply = await reached(base.origin, () =>
      send(base.origin + path, {
        method: method as 'GET',
        headers: sent,
        body: bytes.length > 0 ? bytes : null,
        dispatcher: agent,
      }),
    );
    const onPiece = reply.statusCode < 400 ? wanted.onPiece : undefined;
    return checked({ status: reply.statusCode, headers: reply.headers, body: await read(reply.body, onPiece) });
  };
  const stream: Connection['stream'] = async (path, headers, signal) => {
    const sent = authorized('GET', path, headers, Buffer.alloc(0));
    const reply = await reached(base.origin, () =>
      send(base.origin + path, { headers: sent, dispatcher: agent, signal }),
    );
    if (reply.statusCode < 400) return reply.body;
    checked({ status: reply.statusCode, headers: reply.headers, body: Buffer.from(await reply.body.arrayBuffer()) });
    return reply.body;
  };
  return connection(base.origin, request, stream, () => agent.destroy());
}

/** Nobody listens: requests go straight to the routes, as a host's own admin. */
async function toFolder(data: string, region: string | undefined): Promise<Connection> {
  const settings = settingsSchema.parse({ data, anonymous: true, ...(region !== undefined && { region }) });
  const engine = await createEngine({ dataDir: data, keepFunctions: true });
  const host = await Host.open({ engine, settings, masterKey: process.env.ISOPOD_MASTER_KEY || undefined });
  const app = await createApiServer(host);
  const request = async (method: string, path: string, wanted: ApiRequest = {}): Promise<ApiReply> => {
    const sent = written(wanted);
    const { bytes } = sent;
    const reply = await app.inject({
      method: method as 'GET',
      url: path,
      headers: { host: 'localhost', ...sent.headers },
      ...(bytes.length > 0 && { payload: bytes }),
      remoteAddress: '127.0.0.1',
      payloadAsStream: true,
    });
    const onPiece = reply.statusCode < 400 ? wanted.onPiece : undefined;
    const headers = reply.headers as ApiReply['headers'];
    return checked({ status: reply.statusCode, headers, body: await read(reply.stream(), onPiece) });
  };
  const stream: Connection['stream'] = async () => {
    throw new IsopodError('InvalidArgument', 'Only a server that runs has something to follow; name it with --server');
  };
  return connection(data, request, stream, async () => {
    await app.close();
    await host.close();
    await engine.close();
  });
}

function connection(
  name: string,
  request: Connection['request'],
  stream: Connection['stream'],
  close: () => Promise<void>,
): Connection {
  return {
    name,
    request,
    stream,
    async json<T>(method: string, path: string, body?: unknown): Promise<T> {
      const reply = await request(method, path, body === undefined ? {} : { body });
      return (reply.body.length === 0 ? undefined : JSON.parse(reply.body.toString())) as T;
    },
    [Symbol.asyncDispose]: close,
  };
}

function credentialsFrom({ ISOPOD_TOKEN, ISOPOD_ACCESS_KEY_ID, ISOPOD_ACCESS_KEY_SECRET }: NodeJS.ProcessEnv) {
  const key =
    ISOPOD_ACCESS_KEY_ID && ISOPOD_ACCESS_KEY_SECRET
      ? { accessKeyId: ISOPOD_ACCESS_KEY_ID, accessKeySecret: ISOPOD_ACCESS_KEY_SECRET }
      : undefined;
  return { token: ISOPOD_TOKEN, key };
}

function written({ headers = {}, body }: ApiRequest): { headers: Record<string, string>; bytes: Buffer } {
  if (body === undefined) return { headers: { ...headers }, bytes: Buffer.alloc(0) };
  if (body instanceof Uint8Array) {
    return { headers: { 'content-type': 'application/octet-stream', ...headers }, bytes: Buffer.from(body) };
  }
  return { headers: { 'content-type': 'application/json', ...headers }, bytes: Buffer.from(JSON.stringify(body)) };
}

async function read(body: AsyncIterable<Buffer>, onPiece: TakePiece | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) {
    if (onPiece === undefined) pieces.push(piece);
    else await onPiece(piece);
  }
  return Buffer.concat(pieces);
}

async function reached<T>(origin: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new IsopodError('NetworkFailed', `${origin} cannot be reached: ${code ?? message}`, { cause: error });
  }
}

/** An answer that is an error of the API becomes that error. */
function checked(reply: ApiReply): ApiReply {
  if (reply.status < 400) return reply;
  let told: { Code?: string; Message?: string; RequestId?: string } = {};
  try {
    told = JSON.parse(reply.body.toString());
  } catch {
    // Not one of ours.
  }
  throw new ApiFailure(
    reply.status,
    told.Code ?? `HTTP ${reply.status}`,
    told.Message ?? reply.body.toString().slice(0, 200),
  );
}
