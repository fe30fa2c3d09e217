import { z } from 'zod';

const schema = z.object({ id: z.int(), email: z.email(), tags: z.array(z.string()).max(10) });

export const handler = (event) => schema.safeParse(event).success;
