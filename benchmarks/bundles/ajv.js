import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ajv = addFormats(new Ajv({ allErrors: true }));
const validate = ajv.compile({
  type: 'object',
  required: ['id', 'email'],
  properties: {
    id: { type: 'integer' },
    email: { type: 'string', format: 'email' },
    tags: { type: 'array', items: { type: 'string' } },
  },
});

export const handler = (event) => validate(event ?? {});
/** Holds its instance until the host lets go; for counting what instances weigh. */
export const wait = (event, context) => context.bindings.gate.wait().then(() => validate(event ?? {}));
