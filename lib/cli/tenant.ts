/** `isopod tenant`, `isopod key` and `isopod usage`: who uses a host, with what limits, and how much. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ROLES } from '../tenant/roles.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import { type OutputOptions, printDone, printList, printOne } from './output.ts';

type Options = ConnectionOptions & OutputOptions & Readonly<Record<string, unknown>>;

interface Tenant {
  readonly name: string;
  readonly accountId: string;
  readonly quotas: Readonly<Record<string, number>>;
  readonly createdTime: string;
}

const API = '/isopod/v1';
const path = (...parts: readonly string[]): string =>
  API + parts.map((part) => `/${encodeURIComponent(part)}`).join('');

export function addTenantCommands(program: Command, done: (code: number) => void): void {
  const tenant = program.command('tenant').description('tenants of a host and their quotas');
  const command = (on: Command, usage: string, description: string): Command =>
    hostOptions(on.command(usage).description(description));
  const run = (action: (at: Connection, options: Options) => Promise<void>) => async (options: Options) => {
    const { connect } = await import('./connection.ts');
    await using at = await connect(options);
    await action(at, options);
    done(EXIT.ok);
  };

  withQuotas(command(tenant, 'create <name>', 'make a tenant'))
    .option('--account-id <digits>', 'its account number in ARNs; made from the name by default')
    .action((name: string, options: Options) =>
      run(async (at) => {
        const accountId = options.accountId === undefined ? {} : { accountId: options.accountId };
        printOne(
          { ...(await at.json<Tenant>('POST', path('tenants'), { name, ...accountId, quotas: quotasIn(options) })) },
          options,
        );
      })(options),
    );
  command(tenant, 'list', 'list tenants').action(
    run(async (at, options) => {
      const { tenants } = await at.json<{ tenants: Tenant[] }>('GET', path('tenants'));
      printList(
        tenants,
        {
          name: ({ name }) => name,
          account: ({ accountId }) => accountId,
          quotas: ({ quotas }) => JSON.stringify(quotas).slice(1, -1).replaceAll('"', '').replaceAll(',', ' '),
          created: ({ createdTime }) => createdTime,
        },
        'There are no tenants.',
        options,
      );
    }),
  );
  command(tenant, 'show <name>', 'tell a tenant and its quotas').action((name: string, options: Options) =>
    run(async (at) => printOne({ ...(await at.json<Tenant>('GET', path('tenants', name))) }, options))(options),
  );
  withQuotas(command(tenant, 'quota <name>', 'change the quotas that are named, and keep the others')).action(
    (name: string, options: Options) =>
      run(async (at) => {
        const before = await at.json<Tenant>('GET', path('tenants', name));
        const quotas = { ...before.quotas, ...quotasIn(options) };
        printOne({ ...(await at.json<Tenant>('PUT', path('tenants', name, 'quotas'), quotas)) }, options);
      })(options),
  );
  command(tenant, 'delete <name>', 'remove a tenant and its keys')
    .option('--force', 'remove its functions first')
    .action((name: string, options: Options) =>
      run(async (at) => {
        await at.json('DELETE', `${path('tenants', name)}${options.force === true ? '?force=true' : ''}`);
        printDone(`The tenant ${name} is gone.`, { deleted: name }, options);
      })(options),
    );
  command(program, 'usage', 'what tenants used since the server started')
    .option('--tenant <name>', 'of one tenant only')
    .action(
      run(async (at, options) => {
        const query = options.tenant === undefined ? '' : `?tenant=${encodeURIComponent(String(options.tenant))}`;
        const { usage } = await at.json<{ usage: Record<string, number>[] }>('GET', `${path('usage')}${query}`);
        printList(
          usage,
          {
            tenant: (of) => of.tenant,
            requests: (of) => of.requests,
            throttled: (of) => of.throttled,
            calls: (of) => of.invocations,
            async: (of) => of.asyncInvocations,
            errors: (of) => of.functionErrors,
            'cpu s': (of) => ((of.cpuMs ?? 0) / 1_000).toFixed(1),
            'GB s': (of) => of.gbSeconds?.toFixed(1),
            'in MB': (of) => ((of.ingressBytes ?? 0) / 1e6).toFixed(1),
            'out MB': (of) => ((of.egressBytes ?? 0) / 1e6).toFixed(1),
          },
          'Nothing was used yet.',
          options,
        );
      }),
    );

  const key = program.command('key').description('access keys and tokens of tenants');
  command(key, 'create', 'make a key; its secret is shown this once')
    .option('--tenant <name>', 'whose it is; your own tenant by default')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('deploy'))
    .option('--token', 'a bearer token instead of a key that signs')
    .option('--description <text>', 'what it is for')
    .action(
      run(async (at, options) => {
        const { tenant: of, role, description } = options;
        const type = options.token === true ? 'token' : 'signature';
        printOne(await at.json('POST', path('keys'), { tenant: of, role, type, description }), options);
      }),
    );
  command(key, 'list', 'list keys, without their secrets')
    .option('--tenant <name>', 'of one tenant only')
    .action(
      run(async (at, options) => {
        const query = options.tenant === undefined ? '' : `?tenant=${encodeURIComponent(String(options.tenant))}`;
        const { keys } = await at.json<{ keys: Record<string, string>[] }>('GET', `${path('keys')}${query}`);
        printList(
          keys,
          {
            id: (of) => of.accessKeyId,
            tenant: (of) => of.tenant,
            role: (of) => of.role,
            type: (of) => of.type,
            description: (of) => of.description,
            created: (of) => of.createdTime,
          },
          'There are no keys.',
          options,
        );
      }),
    );
  command(key, 'delete <accessKeyId>', 'let nobody in with it from now on').action((id: string, options: Options) =>
    run(async (at) => {
      await at.json('DELETE', path('keys', id));
      printDone(`The key ${id} is gone.`, { deleted: id }, options);
    })(options),
  );
}

const QUOTAS: Readonly<Record<string, string>> = {
  functions: 'functions',
  codeBytes: 'bytes of code packages in all',
  concurrency: 'sync calls at once',
  requestsPerSecond: 'API requests per second',
  requestBurst: 'requests that may come at once',
  cpuMsPerSecond: 'milliseconds of running per second; 1000 is one core',
  cpuBurstMs: 'milliseconds that may be saved up',
  provisionedInstances: 'instances that provision and scaling configs may keep',
  asyncBacklog: 'accepted async events that have not ended',
  egressBytesPerSecond: 'bytes of answers per second',
  egressBurstBytes: 'bytes that may be saved up',
};

const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function withQuotas(command: Command): Command {
  for (const [name, meaning] of Object.entries(QUOTAS)) command.option(`${flagOf(name)} <n>`, meaning, amount);
  return command;
}

function amount(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('It must be a number, 0 or more.');
  return value;
}

function quotasIn(options: Options): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(QUOTAS).flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
}
