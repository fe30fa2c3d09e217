/** Which function an address stands for: HTTP triggers by the names their addresses have. */
import { hash } from 'node:crypto';
import type { Engine } from '../../engine.ts';
import { splitName } from '../../tenant/tenants.ts';
import type { TriggerInfo } from '../../types.ts';
import type { CorsConfig } from './domains.ts';

/** First part of an address by path. */
export const URL_PREFIX = '/url';

export interface Target {
  readonly tenant: string;
  readonly functionName: string;
  readonly qualifier: string;
  readonly authType: 'anonymous' | 'function' | 'jwt';
  readonly authConfig: string | undefined;
  /** All when undefined. */
  readonly methods: readonly string[] | undefined;
  readonly cors: CorsConfig | undefined;
  readonly format: 'v1' | 'apigateway' | 'lambda';
  /** Answers in pieces are sent so. */
  readonly streams: boolean;
}

/** A trigger's name in addresses: its function's, and something that cannot be guessed. */
export function labelOf({ functionName, triggerId }: Pick<TriggerInfo, 'functionName' | 'triggerId'>): string {
  const readable = splitName(functionName)
    .functionName.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return `${readable}-${hash('sha256', triggerId, 'hex').slice(0, 12)}`;
}

export function targetOf(trigger: TriggerInfo): Target {
  const { tenant, functionName } = splitName(trigger.functionName);
  const config = JSON.parse(trigger.triggerConfig) as Partial<Target> & {
    corsConfig?: CorsConfig | null;
    invokeMode?: string;
  };
  const isLambda = trigger.triggerName === LAMBDA_URL;
  return {
    tenant,
    functionName,
    qualifier: trigger.qualifier,
    authType: config.authType ?? 'function',
    authConfig: config.authConfig ?? undefined,
    methods: config.methods,
    cors: config.corsConfig ?? undefined,
    format: isLambda ? 'lambda' : 'v1',
    streams: !isLambda || config.invokeMode === 'RESPONSE_STREAM',
  };
}

/** The trigger that stands for a Lambda function URL, one for each qualifier. */
export const LAMBDA_URL = 'lambda-function-url';

export class Targets {
  readonly #engine: Engine;
  #byLabel: Map<string, Target> | undefined;
  #byFunction: Map<string, Target> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.home.catalog.watch('trigger', '', () => {
      this.#byLabel = undefined;
      this.#byFunction = undefined;
    });
  }

  byLabel(label: string): Target | undefined {
    return this.#index().byLabel.get(label);
  }

  /** The HTTP trigger of a function, by tenant, name and qualifier. */
  byFunction(tenant: string, functionName: string, qualifier: string): Target | undefined {
    return this.#index().byFunction.get(`${tenant}/${functionName}:${qualifier}`);
  }

  #index() {
    if (this.#byLabel === undefined || this.#byFunction === undefined) {
      this.#byLabel = new Map();
      this.#byFunction = new Map();
      for (const trigger of this.#engine.listTriggers()) {
        if (trigger.triggerType !== 'http') continue;
        const target = targetOf(trigger);
        this.#byLabel.set(labelOf(trigger), target);
        this.#byFunction.set(`${target.tenant}/${target.functionName}:${target.qualifier}`, target);
      }
    }
    return { byLabel: this.#byLabel, byFunction: this.#byFunction };
  }
}
