/** Orders against a JSON schema: formats, references, conditions, defaults, own keywords and all errors at once. */
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true });
addFormats(ajv);
ajv.addKeyword({
  keyword: 'evenLength',
  type: 'string',
  validate: (wanted, text) => (text.length % 2 === 0) === wanted,
});
ajv.addSchema({
  $id: 'https://example.com/address.json',
  type: 'object',
  required: ['zip'],
  properties: { zip: { type: 'string', pattern: '^\\d{5}$' } },
});

const order = ajv.compile({
  type: 'object',
  required: ['id', 'email', 'items'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', format: 'uuid' },
    email: { type: 'string', format: 'email' },
    due: { type: 'string', format: 'date-time' },
    site: { type: 'string', format: 'uri' },
    code: { type: 'string', evenLength: true },
    express: { type: 'boolean', default: false },
    items: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'object', properties: { count: { type: 'integer', minimum: 1 } }, required: ['count'] },
    },
    address: { $ref: 'https://example.com/address.json' },
  },
  if: { properties: { express: { const: true } }, required: ['express'] },
  // biome-ignore lint/suspicious/noThenProperty: the name is JSON schema's
  then: { required: ['address'] },
});

const check = (value) => ({ valid: order(value), value, errors: order.errors });

export const handler = () => [
  check({ id: 'a9d6e9a2-7f1c-4b39-9c0e-6f3f3f0b2d11', email: 'ada@example.com', items: [{ count: '2' }] }),
  check({ id: 'x', email: 'x', due: 'soon', site: '::', code: 'abc', items: [{ count: 0 }, { count: 0 }], more: 1 }),
  check({ id: 'a9d6e9a2-7f1c-4b39-9c0e-6f3f3f0b2d11', email: 'a@b.de', items: [{ count: 1 }], express: true }),
  check({ id: 'a9d6e9a2-7f1c-4b39-9c0e-6f3f3f0b2d11', email: 'a@b.de', items: [], address: { zip: '1' } }),
  ajv.errorsText(order.errors),
];
