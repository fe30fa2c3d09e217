/** Where outcomes may go, and how each is taken there: to a function, an HTTP endpoint, or what a connector sends to. */
import { IsopodError } from '../errors.ts';
import { parseDestination } from '../function/destination.ts';
import { tenantOf } from '../function/name.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import type { ConnectorMessage, DestinationConnector } from '../types.ts';
import type { Delivery } from './deliveries.ts';
import type { HttpSender } from './send-http.ts';

export interface DestinationsOptions {
  /** What sends to topics, queues and buses. */
  readonly connectors: readonly DestinationConnector[];
  readonly http: HttpSender;
  /** Outcomes of tenants may be sent to addresses that are not public. */
  readonly allowPrivate: boolean;
  /** Calls a function by its full name asynchronously. Rejects when the event was not accepted. */
  readonly call: (
    functionName: string,
    qualifier: string | undefined,
    text: string,
    trace: TraceParent | undefined,
  ) => Promise<unknown>;
}

export class Destinations {
  readonly #options: DestinationsOptions;

  constructor(options: DestinationsOptions) {
    this.#options = options;
  }

  /** Rejects when the outcome has to be sent again. */
  async send({ no, destination, functionName, facts, record }: Delivery, signal: AbortSignal): Promise<void> {
    const { requestId, success, trace } = facts;
    const id = `${requestId}-${success ? 'success' : 'failure'}`;
    const message: ConnectorMessage = { id, body: record, functionName, success, signal };
    const where = parseDestination(destination);
    switch (where?.kind) {
      case 'function': {
        const tenant = tenantOf(functionName);
        const name = tenant === undefined ? where.functionName : `${tenant}/${where.functionName}`;
        await this.#options.call(name, where.qualifier, record, trace);
        return;
      }
      case 'http':
        return this.#options.http.send(where.url, message, this.#mayGoAnywhere(functionName), trace);
      case 'connector': {
        const connector = this.#connectorFor(where.address);
        if (connector === undefined) throw undeliverable(`no connector takes ${where.address}`);
        return connector.send(where.address, message);
      }
      default:
        throw undeliverable(`${no}: ${destination} is no destination`);
    }
  }

  /** Functions without a tenant are the embedding program's own; others must not look around in its network. */
  #mayGoAnywhere(functionName: string): boolean {
    return tenantOf(functionName) === undefined || this.#options.allowPrivate;
  }

  #connectorFor(address: string): DestinationConnector | undefined {
    return this.#options.connectors.find((each) => each.accepts(address));
  }

  /** Throws `InvalidArgument` for an address no connector takes. */
  check(destination: string): void {
    const where = parseDestination(destination);
    if (where?.kind !== 'connector') return;
    const connector = this.#connectorFor(where.address);
    if (connector === undefined) {
      const names = this.#options.connectors.map(({ name }) => name);
      throw new IsopodError('InvalidArgument', `No connector takes ${destination}; there are: ${names.join('; ')}`);
    }
    connector.check?.(where.address);
  }
}

const undeliverable = (why: string): IsopodError => new IsopodError('DestinationDeliveryFailed', why);
