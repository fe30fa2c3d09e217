import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const validate = addFormats(new Ajv({ allErrors: true })).compile({
  type: 'object',
  required: ['id', 'email', 'items'],
  properties: {
    id: { type: 'integer', minimum: 1 },
    email: { type: 'string', format: 'email' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'price'],
        properties: { name: { type: 'string', minLength: 1 }, price: { type: 'number' }, sold: { type: 'boolean' } },
      },
    },
  },
});

export const handler = (event) => ({ valid: validate(event), errors: validate.errors?.length ?? 0 });
