/** The host's own log: JSON lines, by pino. */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { EngineLogger } from '../options.ts';
import type { Observable } from './facts.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface HostLogOptions {
  readonly level?: (typeof LOG_LEVELS)[number] | undefined;
  /** Standard error by default, written at once: what is told is there also when the process ends the moment after. */
  readonly to?: DestinationStream | undefined;
}

/** What could be a secret is not written, wherever it comes. */
const SECRETS = [
  'accessKeySecret',
  'token',
  'authorization',
  'password',
  '*.accessKeySecret',
  '*.token',
  '*.authorization',
  '*.password',
];

export class HostLog implements EngineLogger {
  readonly #pino: Logger;

  constructor({ level = 'info', to = destination({ dest: 2, sync: true }) }: HostLogOptions = {}) {
    this.#pino = pino(
      {
        level,
        base: null,
        messageKey: 'message',
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: { paths: SECRETS, censor: '(not shown)' },
        serializers: { error: (error: unknown) => (error instanceof Error ? error.stack : error) },
      },
      to,
    );
  }

  info(message: string, facts: Record<string, unknown> = {}): void {
    this.#pino.info(facts, message);
  }

  warn(message: string, facts: Record<string, unknown> = {}): void {
    this.#pino.warn(facts, message);
  }

  error(message: string, facts: Record<string, unknown> = {}): void {
    this.#pino.error(facts, message);
  }

  /** A line for every call, or for every line a function writes; for as long as the engine lives. */
  attach(engine: Observable, { calls, lines }: { readonly calls: boolean; readonly lines: boolean }): void {
    if (calls) engine.observe({ invocation: (facts) => this.#pino.info({ invocation: facts }, 'invocation') });
    if (!lines) return;
    engine.observe({
      log: ({ functionName, requestId, instanceId, line }) =>
        this.#pino.info({ function: functionName, requestId, instanceId }, line),
    });
  }
}
