/** What async calls keep: the journal, the numbers of calls, what was configured, the secret outcomes are signed with. */
import { randomBytes } from 'node:crypto';
import { EngineJournal } from '../journal/engine-journal.ts';
import type { CheckedOptions } from '../options.ts';
import type { Catalog } from '../store/catalog.ts';
import type { Home } from '../store/home.ts';
import { AsyncConfigs } from './async-configs.ts';
import { Numbers } from './numbers.ts';
import type { SharedEvents } from './shared-events.ts';

export class AsyncStore {
  readonly keeper: EngineJournal;
  readonly numbers: Numbers;
  readonly configs: AsyncConfigs;
  readonly webhookSecret: string;
  /** Undefined: events are this engine's own. */
  readonly shared: SharedEvents | undefined;

  private constructor(
    keeper: EngineJournal,
    numbers: Numbers,
    configs: AsyncConfigs,
    webhookSecret: string,
    shared: SharedEvents | undefined,
  ) {
    this.keeper = keeper;
    this.numbers = numbers;
    this.configs = configs;
    this.webhookSecret = webhookSecret;
    this.shared = shared;
  }

  /** `recovered`: the journal can be written again. Rejects with `DataDirDamaged`, `DataDirUnusable` or `StoreFailed`. */
  static async open(
    home: Home,
    { logger, async, queue }: CheckedOptions,
    recovered: () => void,
    shared?: SharedEvents,
  ): Promise<AsyncStore> {
    const keeper = await EngineJournal.open(home.isLasting ? home.file('journal.sqlite') : undefined, {
      onStall: (error) =>
        logger?.error('The journal cannot be written: no async event is accepted or begun until it can', { error }),
      onRecovery: () => {
        logger?.info('The journal can be written again');
        recovered();
      },
    });
    try {
      if (home.isLasting) await shared?.openOutbox({ file: home.file('outbox.sqlite'), max: queue.maxBacklog, logger });
      const numbers = await Numbers.open(keeper, home.numbers);
      const configs = await AsyncConfigs.open(home.catalog);
      const made =
        async.webhookSecret ?? (await (shared === undefined ? keptSecret(keeper) : sharedSecret(home.catalog)));
      return new AsyncStore(keeper, numbers, configs, made, shared);
    } catch (error) {
      await shared?.closeOutbox();
      await keeper.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.configs.close();
    await this.shared?.closeOutbox();
    await this.keeper.close();
  }
}

const makeSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Made by the first engine of a cluster. */
async function sharedSecret(catalog: Catalog): Promise<string> {
  const known = await catalog.get<string>('cluster', 'webhook-secret');
  if (known !== undefined) return known.value;
  const made = makeSecret();
  return catalog.put('cluster', 'webhook-secret', made, 0).then(
    () => made,
    () => sharedSecret(catalog),
  );
}

/** Made at the first start. */
async function keptSecret(keeper: EngineJournal): Promise<string> {
  const made = makeSecret();
  if (!keeper.isLasting) return made;
  const facts = new Map((await keeper.journal.ask('facts')) as [string, string][]);
  const known = facts.get('webhookSecret');
  if (known === undefined) keeper.journal.change('setFact', 'webhookSecret', made);
  return known ?? made;
}
