/** What every request is served from: the engine, who may use it, and what is kept beside it. */
import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Catalog } from '../store/catalog.ts';
import { AccessKeys } from '../tenant/access-keys.ts';
import { Meter } from '../tenant/meter.ts';
import { SecretBox } from '../tenant/secret-box.ts';
import { DEFAULT_TENANT, nameIn, type Tenant, Tenants } from '../tenant/tenants.ts';
import { UsageExport } from './admin/usage-export.ts';
import { Downloads } from './downloads.ts';
import { Services } from './fc2/services.ts';
import { ServiceVersions } from './fc2/versions.ts';
import { ApiFunctions } from './functions.ts';
import { Domains } from './gateway/domains.ts';
import { Targets } from './gateway/targets.ts';
import { Layers } from './layers.ts';
import { Objects } from './objects.ts';
import { Observation } from './observe/observation.ts';
import { Ongoing } from './ongoing.ts';
import { sweepPackages } from './packages.ts';
import { Provisions } from './provisions.ts';
import { Reservations } from './reservations.ts';
import type { Settings } from './settings.ts';
import { Uploads } from './uploads.ts';
import { ApiVersions } from './versions.ts';

export interface HostParts {
  readonly engine: Engine;
  readonly settings: Settings;
  /** Silent by default. */
  readonly log?: EngineLogger | undefined;
  /** What survives the process needs a key to be sealed with; without one, a key of this process serves what does not. */
  readonly masterKey?: string | undefined;
  readonly admin?: { readonly accessKeyId: string; readonly accessKeySecret: string } | undefined;
}

export class Host {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly blobs: Blobs;
  readonly settings: Settings;
  readonly tenants: Tenants;
  readonly keys: AccessKeys;
  readonly functions: ApiFunctions;
  readonly versions: ApiVersions;
  readonly ongoing = new Ongoing();
  readonly objects: Objects;
  readonly layers: Layers;
  readonly uploads = new Uploads();
  readonly services: Services;
  readonly serviceVersions: ServiceVersions;
  readonly downloads = new Downloads();
  readonly domains: Domains;
  readonly reservations: Reservations;
  readonly provisions: Provisions;
  readonly targets: Targets;
  readonly log: EngineLogger;
  readonly observation: Observation;
  /** Set when the server is about to end: it is not ready for new requests any more. */
  isStopping = false;
  /** Where there is a folder to write to. */
  readonly #usage: UsageExport | undefined;
  readonly #meters = new Map<string, { readonly meter: Meter; readonly tenant: Tenant; readonly engines: number }>();

  private constructor(
    parts: HostParts,
    {
      tenants,
      keys,
      functions,
      domains,
      reservations,
      blobs,
      layers,
    }: Pick<Host, 'tenants' | 'keys' | 'functions' | 'domains' | 'reservations' | 'blobs' | 'layers'>,
  ) {
    this.reservations = reservations;
    this.domains = domains;
    this.targets = new Targets(parts.engine);
    this.provisions = new Provisions(parts.engine);
    this.engine = parts.engine;
    this.catalog = parts.engine.home.catalog;
    this.blobs = blobs;
    this.layers = layers;
    this.functions = functions;
    this.versions = new ApiVersions(parts.engine, functions);
    this.objects = new Objects(this.catalog, this.blobs);
    this.services = new Services(this.catalog);
    this.serviceVersions = new ServiceVersions(this.catalog, this.services, functions, this.versions);
    this.log = parts.log ?? SILENT;
    const { home } = parts.engine;
    const everyMs = parts.settings.usageSeconds * 1_000;
    this.#usage = home.isLasting ? new UsageExport(this, home.file('usage'), everyMs) : undefined;
    this.settings = parts.settings;
    this.observation = new Observation(parts.engine, parts.settings);
    this.tenants = tenants;
    this.keys = keys;
    const tenantOf = (name = DEFAULT_TENANT): Tenant | undefined => tenants.find(name);
    parts.engine.setTenants({
      region: parts.settings.region,
      accountIdOf: (name) => tenantOf(name)?.accountId ?? name ?? '',
      backlogOf: (name) => tenantOf(name)?.quotas.asyncBacklog,
    });
  }

  static async open(parts: HostParts): Promise<Host> {
    const { settings, masterKey, admin } = parts;
    const { home } = parts.engine;
    const { catalog } = home;
    // In a folder of their own, apart from what the engine keeps and removes of functions.
    const blobs = home.newBlobs('packages');
    const keys = await AccessKeys.open(catalog, boxFor(settings, masterKey));
    if (admin !== undefined) keys.addFixed(admin.accessKeyId, admin.accessKeySecret, DEFAULT_TENANT, 'admin');
    const tenants = await Tenants.open(catalog);
    const layers = new Layers(catalog, blobs, tenants);
    await sweepPackages(catalog, blobs);
    return new Host(parts, {
      tenants,
      keys,
      blobs,
      layers,
      functions: await ApiFunctions.open(parts.engine, settings, blobs, layers),
      domains: await Domains.open(catalog),
      reservations: await Reservations.open(catalog),
    });
  }

  /** Writes what is to be written at the end; the engine is its owner's to close. */
  async close(): Promise<void> {
    this.observation.close();
    await this.#usage?.close();
  }

  /** With its versions and aliases. */
  async deleteFunction(tenant: Tenant, name: string): Promise<void> {
    await this.functions.delete(tenant, name);
    await this.versions.forget(tenant, name);
    await this.reservations.remove(nameIn(tenant.name, name));
  }

  /** Throws `AccessDenied` while the function's invocations are switched off, `ResourceExhausted` over its reservation. */
  checkEnabled(full: string, name: string): void {
    const limit = this.reservations.of(full);
    if (limit !== undefined && this.ongoing.countOf(full) >= Math.ceil(limit / this.#engines)) {
      throw new IsopodError('ResourceExhausted', `${name} has ${limit} calls in progress, its reserved concurrency`, {
        retryAfterMs: 1_000,
      });
    }
    const restriction = this.functions.restrictionOf(full);
    if (restriction?.disable !== true) return;
    const why = restriction.reason === '' ? '' : `: ${restriction.reason}`;
    throw new IsopodError('AccessDenied', `Invocations of ${name} are disabled${why}`);
  }

  /** So many share out what tenants may use. */
  get #engines(): number {
    return this.engine.cluster?.size ?? 1;
  }

  /** What a tenant uses; with its quotas as they are now. */
  meterOf(tenant: Tenant): Meter {
    const known = this.#meters.get(tenant.name);
    const engines = this.#engines;
    if (known?.tenant === tenant && known.engines === engines) return known.meter;
    const meter = new Meter(tenant, performance.now(), known?.meter, engines);
    this.#meters.set(tenant.name, { meter, tenant, engines });
    return meter;
  }

  /** The part of a request id that tells this server's requests from another's. */
  readonly #prefix = randomBytes(10).toString('hex');
  #nextRequest = 0;

  /** For requests that are no invocations, whose ids the engine makes. */
  newRequestId(): string {
    const p = this.#prefix;
    const no = (this.#nextRequest++).toString(16).padStart(12, '0');
    return `${p.slice(0, 8)}-${p.slice(8, 12)}-4${p.slice(12, 15)}-b${p.slice(15, 18)}-${no}`;
  }
}

const SILENT: EngineLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

function boxFor({ data }: Settings, masterKey: string | undefined): SecretBox | undefined {
  if (masterKey !== undefined) return SecretBox.withPassphrase(masterKey);
  return data === undefined ? SecretBox.forThisProcess() : undefined;
}
