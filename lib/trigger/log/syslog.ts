/** A listener for syslog (RFC 5424): datagrams, and streams framed by lines or by counts (RFC 6587). */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { LogRecord, LogStore } from './log-store.ts';

const MAX_BYTES = 65_536;
const SPACE = 32;
const NEWLINE = 10;
const MESSAGE = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\]|\\.)*\])+) ?(?:\ufeff)?([\s\S]*)$/;
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** What is no RFC 5424 is kept as it is, as `content`. Pure. */
export function parseSyslog(text: string): LogRecord {
  const found = MESSAGE.exec(text);
  if (found === null) return { contents: { content: text } };
  const [, priority, time, host, app, process, id, structured, message] = found as unknown as string[];
  const level = Number(priority);
  const at = Date.parse(time as string);
  const said = (value: string | undefined): string => (value === '-' || value === undefined ? '' : value);
  return {
    ...(!Number.isNaN(at) && { time: Math.floor(at / 1_000) }),
    source: said(host),
    topic: said(app),
    contents: {
      facility: String(level >> 3),
      severity: SEVERITIES[level & 7] as string,
      hostname: said(host),
      app: said(app),
      procid: said(process),
      msgid: said(id),
      structured: said(structured),
      content: message as string,
    },
  };
}

/** Takes whole messages from what has arrived. Returns what is left of it. */
export function framesOf(bytes: Buffer, take: (text: string) => void): Buffer {
  let left = bytes;
  for (;;) {
    const counted = left.length > 0 && (left[0] as number) >= 49 && (left[0] as number) <= 57;
    if (counted) {
      const space = left.indexOf(SPACE);
      const size = Number(left.toString('latin1', 0, space < 0 ? 0 : space));
      if (space < 0 || left.length < space + 1 + size) return left;
      take(left.toString('utf8', space + 1, space + 1 + size));
      left = left.subarray(space + 1 + size);
    } else {
      const end = left.indexOf(NEWLINE);
      if (end < 0) return left;
      if (end > 0) take(left.toString('utf8', 0, end));
      left = left.subarray(end + 1);
    }
  }
}

export class Syslog {
  readonly #store: LogStore;
  readonly #failed: (error: Error) => void;
  #server: Server | undefined;
  #udp: UdpSocket | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #writing = new Set<Promise<void>>();

  constructor(store: LogStore, failed: (error: Error) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** Resolves with the port, which is the same for both. */
  async open(port: number, host: string): Promise<number> {
    const server = createServer((socket) => this.#connected(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.#server = server;
    const bound = (server.address() as AddressInfo).port;
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(bound, host, resolve);
    });
    udp.on('error', this.#failed);
    udp.on('message', (message) => void this.#keep([parseSyslog(message.toString().replace(/\n$/, ''))]));
    this.#udp = udp;
    return bound;
  }

  /** Reads on when what came is kept, so that a sender that is too fast waits. */
  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    let left: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const records: LogRecord[] = [];
      left = framesOf(Buffer.concat([left, chunk]), (text) => records.push(parseSyslog(text)));
      if (left.length > MAX_BYTES) return void socket.destroy();
      if (records.length === 0) return;
      socket.pause();
      void this.#keep(records).finally(() => socket.resume());
    });
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #keep(records: readonly LogRecord[]): Promise<void> {
    const kept = this.#store.put(records).catch((error: Error) => this.#failed(error));
    this.#writing.add(kept);
    void kept.finally(() => this.#writing.delete(kept));
    return kept;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#udp?.close();
    await new Promise<void>((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
    await Promise.all(this.#writing);
  }
}
