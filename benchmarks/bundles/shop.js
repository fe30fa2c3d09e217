import Ajv from 'ajv';
import Handlebars from 'handlebars';
import { z } from 'zod';

const valid = new Ajv().compile({ type: 'object', required: ['id'], properties: { id: { type: 'integer' } } });
const schema = z.object({ id: z.number() });
const mail = Handlebars.compile('Order {{id}}');
mail({});

export const handler = (event) => (valid(event) && schema.safeParse(event).success ? mail(event) : 'no');
