/**
 * Code packages that come by way of an object store, as deployment tools send them: temporary credentials for one bucket, and
 * the one request of OSS' protocol that puts an object there. Credentials do not outlive the process.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { IsopodError } from '../errors.ts';
import type { Tenant } from '../tenant/tenants.ts';
import { authenticate } from '../trigger/oss/signatures.ts';
import { sameText } from './auth/signed-request.ts';
import type { Dialect } from './dialect.ts';
import type { Host } from './host.ts';
import { headerText } from './operations.ts';
import { tellProblem } from './problems.ts';
import type { ApiServer } from './server.ts';

export const UPLOAD_BUCKET = 'isopod-upload';
const VALID_MS = 3_600_000;
/** Of all tenants; the oldest go first. */
const MAX_CREDENTIALS = 10_000;

interface Credentials {
  readonly tenant: string;
  readonly secret: string;
  readonly token: string;
  /** Last part of the only name that may be written. */
  readonly objectName: string;
  readonly until: number;
}

export class Uploads {
  readonly #known = new Map<string, Credentials>();

  /** What Function Compute's `GetTempBucketToken` tells. */
  issue({ name: tenant }: Tenant, region: string, now = Date.now()) {
    const id = `TMP.${randomBytes(12).toString('hex')}`;
    const made = {
      tenant,
      secret: randomBytes(24).toString('base64url'),
      token: randomBytes(24).toString('base64url'),
      objectName: randomUUID(),
      until: now + VALID_MS,
    };
    this.#known.set(id, made);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_CREDENTIALS && oldest !== undefined) this.#known.delete(oldest);
    return {
      credentials: {
        AccessKeyId: id,
        AccessKeySecret: made.secret,
        SecurityToken: made.token,
        Expiration: new Date(made.until).toISOString(),
      },
      ossRegion: region,
      ossBucket: UPLOAD_BUCKET,
      objectName: made.objectName,
    };
  }

  /** The tenant a signed PUT of `object` comes from. Throws `AccessDenied` and the errors of the scheme. */
  check(request: FastifyRequest, object: string, now = Date.now()): string {
    const [, id = ''] = /^OSS ([^:]+):/.exec(headerText(request.headers, 'authorization') ?? '') ?? [];
    const known = this.#known.get(id);
    if (known === undefined || known.until < now) {
      this.#known.delete(id);
      throw new IsopodError(
        'InvalidAccessKeyID',
        'There are no such temporary credentials, or no longer; ask for new ones',
      );
    }
    const path = `/${UPLOAD_BUCKET}${request.originalUrl.split('?')[0]}`;
    const { method, headers } = request;
    authenticate({ method, path, query: '', headers }, { [id]: known.secret }, now);
    const isWhole = sameText(headerText(headers, 'x-oss-security-token') ?? '', known.token);
    if (!isWhole || object.split('/').at(-1) !== known.objectName) {
      throw new IsopodError('AccessDenied', `These credentials are for the object {account}/${known.objectName}`);
    }
    return known.tenant;
  }
}

/** Clients put the bucket before the host's name, or nowhere when that is an address. */
export function addUploads(app: ApiServer, host: Host, dialect: Dialect): void {
  app.put<{ Params: { account: string; object: string } }>(
    '/:account(^\\d{1,20}$)/:object',
    {
      bodyLimit: host.settings.maxCodeBytes,
      errorHandler: (error, request, reply) => tellProblem(dialect, host, error, request, reply),
    },
    async (request, reply) => {
      const { account, object } = request.params;
      const name = `${account}/${object}`;
      const tenant = host.tenants.get(host.uploads.check(request, name));
      host.meterOf(tenant).request(performance.now());
      const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
      await host.objects.put(tenant, UPLOAD_BUCKET, name, body);
      return reply.header('x-oss-request-id', host.newRequestId()).send('');
    },
  );
}
