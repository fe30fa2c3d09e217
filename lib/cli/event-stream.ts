/** Server-sent events, as the bytes of them come (WHATWG HTML, 9.2.6). Comments and retry times are let be. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

export class ServerEvents {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #event = 'message';
  #data: string[] = [];
  #id: string | undefined;

  take(chunk: Uint8Array): ServerEvent[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): ServerEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    return [];
  }

  #dispatch(): ServerEvent[] {
    const data = this.#data;
    const event = this.#event;
    this.#data = [];
    this.#event = 'message';
    return data.length === 0 ? [] : [{ event, data: data.join('\n'), id: this.#id }];
  }
}
