/** The configuration of HTTP triggers, as Function Compute documents it. The HTTP server serves them; here they are only kept. */
import { z } from 'zod';
import type { TriggerKind } from '../trigger.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'] as const;
const names = (most: number) => z.array(z.string().min(1).max(1_024)).max(most).optional();

const config = z.strictObject({
  authType: z.enum(['anonymous', 'function', 'jwt']).default('function'),
  methods: z
    .array(z.enum(METHODS))
    .min(1)
    .default([...METHODS]),
  /** Of Lambda's function URLs: whether answers are sent in pieces, as those of other addresses are. */
  invokeMode: z.enum(['BUFFERED', 'RESPONSE_STREAM']).optional(),
  disableURLInternet: z.boolean().default(false),
  /** JSON text: keys and places of tokens, for `jwt`. */
  authConfig: z.string().nullish(),
  corsConfig: z
    .strictObject({
      allowOrigins: names(100),
      allowMethods: names(20),
      allowHeaders: names(50),
      exposeHeaders: names(50),
      allowCredentials: z.boolean().optional(),
      /** Seconds. */
      maxAge: z.number().int().min(0).max(86_400).default(3_600),
    })
    .nullish(),
});
export type HttpTriggerConfig = z.output<typeof config>;

export const httpTrigger: TriggerKind<HttpTriggerConfig> = {
  config,
  create: () => ({
    start: async () => undefined,
    stop: async () => undefined,
    status: () => ({}),
  }),
  sample: ({ arn }) => ({
    version: 'v1',
    rawPath: '/hello',
    body: '',
    isBase64Encoded: false,
    headers: { Accept: '*/*' },
    queryParameters: {},
    requestContext: {
      accountId: arn.accountId,
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: { method: 'GET', path: '/hello', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'isopod' },
      requestId: '1-00000000-00000000-000000000000',
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      timeEpoch: String(Date.now()),
    },
  }),
};
