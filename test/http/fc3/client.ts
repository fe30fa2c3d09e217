/** The official clients of Function Compute 3.0, unchanged, pointed at a server here. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as current from '@alicloud/fc20230330';
import { Config as OlderConfig } from '@alicloud/openapi-client';
import { $OpenApiUtil } from '@alicloud/openapi-core';
import { RuntimeOptions as OlderRuntime } from '@alicloud/tea-util';
import { RuntimeOptions } from '@darabonba/typescript';
import * as older from 'fc20230330-older';
import { ADMIN } from '../served.ts';

/** The models of both are the same in what tests use; the older one's types are its own. */
export interface Generation {
  readonly name: string;
  readonly models: typeof current;
  client(port: number, credentials?: object): current.default;
  runtime(): RuntimeOptions;
}

// A CommonJS module seen from an ES module: its default export is a property.
const constructorOf = (module: { default: unknown }) =>
  ((module.default as { default?: unknown }).default ?? module.default) as new (
    config: unknown,
  ) => current.default;
const modelsOf = (module: object) => ((module as { default: object }).default ?? module) as typeof current;

const options = (port: number, credentials: object = ADMIN) => ({
  endpoint: `127.0.0.1:${port}`,
  protocol: 'http',
  regionId: 'cn-local',
  ...credentials,
});

export const generations: readonly Generation[] = [
  {
    name: '@alicloud/fc20230330',
    models: modelsOf(current),
    client: (port, credentials) => new (constructorOf(current))(new $OpenApiUtil.Config(options(port, credentials))),
    runtime: () => new RuntimeOptions({ readTimeout: 60_000, connectTimeout: 10_000 }),
  },
  {
    name: '@alicloud/fc20230330 of an older generation',
    models: modelsOf(older) as unknown as typeof current,
    client: (port, credentials) => new (constructorOf(older))(new OlderConfig(options(port, credentials))),
    runtime: () => new OlderRuntime({ readTimeout: 60_000, connectTimeout: 10_000 }) as unknown as RuntimeOptions,
  },
];

export const bodyOf = (event: unknown): Readable => Readable.from(Buffer.from(JSON.stringify(event)));

export const bytesOf = (body: unknown): Promise<Buffer> => buffer(body as Readable);
