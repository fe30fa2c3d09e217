/** What async calls keep: the journal, the numbers of calls, what was configured, the secret outcomes are signed with. */
import { randomBytes } from 'node:crypto';
import { EngineJournal } from '../journal/engine-journal.ts';
import type { CheckedOptions } from '../options.ts';
import type { Home } from '../store/home.ts';
import { AsyncConfigs } from './async-configs.ts';
import { Numbers } from './numbers.ts';

export class AsyncStore {
  readonly keeper: EngineJournal;
  readonly numbers: Numbers;
  readonly configs: AsyncConfigs;
  readonly webhookSecret: string;

  private constructor(keeper: EngineJournal, numbers: Numbers, configs: AsyncConfigs, webhookSecret: string) {
    this.keeper = keeper;
    this.numbers = numbers;
    this.configs = configs;
    this.webhookSecret = webhookSecret;
  }

  /** `recovered`: the journal can be written again. Rejects with `DataDirDamaged`, `DataDirUnusable` or `StoreFailed`. */
  static async open(home: Home, { logger, async }: CheckedOptions, recovered: () => void): Promise<AsyncStore> {
    const keeper = await EngineJournal.open(home.isLasting ? home.file('journal.sqlite') : undefined, {
      onStall: (error) =>
        logger?.error('The journal cannot be written: no async event is accepted or begun until it can', { error }),
      onRecovery: () => {
        logger?.info('The journal can be written again');
        recovered();
      },
    });
    try {
      const numbers = await Numbers.open(keeper, home.numbers);
      const configs = await AsyncConfigs.open(home.catalog);
      return new AsyncStore(keeper, numbers, configs, async.webhookSecret ?? (await keptSecret(keeper)));
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.configs.close();
    await this.keeper.close();
  }
}

/** Made at the first start. */
async function keptSecret(keeper: EngineJournal): Promise<string> {
  const made = `whsec_${randomBytes(32).toString('base64')}`;
  if (!keeper.isLasting) return made;
  const facts = new Map((await keeper.journal.ask('facts')) as [string, string][]);
  const known = facts.get('webhookSecret');
  if (known === undefined) keeper.journal.change('setFact', 'webhookSecret', made);
  return known ?? made;
}
