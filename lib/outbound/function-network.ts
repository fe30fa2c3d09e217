/** The network of one version of a function: what it may reach, its secrets, its connections. Light until the first request. */
import type { OutboundOptions } from '../options.ts';
import type { NetworkSecret } from '../types.ts';
import { Policy } from './policy.ts';
import { Secrets } from './secrets.ts';
import type { Transport } from './transport.ts';

/** `NetworkConfig`, checked, every default filled in. */
export interface DeclaredNetwork extends NetworkLimits {
  readonly allow: readonly string[];
  readonly allowPrivate: boolean | readonly string[];
  readonly secrets: Readonly<Record<string, NetworkSecret>>;
}

/** Units and bounds: see `NetworkConfig`. */
export interface NetworkLimits {
  readonly maxRequests: number;
  readonly maxConcurrent: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly timeoutMs: number;
}

export class FunctionNetwork {
  readonly functionName: string;
  readonly limits: NetworkLimits;
  readonly policy: Policy;
  readonly secrets: Secrets;
  readonly intercept: OutboundOptions['intercept'];
  readonly #options: OutboundOptions;
  #transport: Promise<Transport> | undefined;

  constructor(functionName: string, declared: DeclaredNetwork, options: OutboundOptions) {
    this.functionName = functionName;
    this.limits = declared;
    this.policy = new Policy(declared.allow, declared.allowPrivate);
    this.secrets = new Secrets(declared.secrets);
    this.intercept = options.intercept;
    this.#options = options;
  }

  transport(): Promise<Transport> {
    this.#transport ??= import('./transport.ts').then(({ Transport }) => new Transport(this.policy, this.#options));
    return this.#transport;
  }

  /** Ends every connection. Its instances have ended before. */
  async close(): Promise<void> {
    const transport = this.#transport;
    this.#transport = undefined;
    await (await transport?.catch(() => undefined))?.close();
  }
}
