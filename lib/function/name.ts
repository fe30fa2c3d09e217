/**
 * Full names of functions: `tenant/name`, or `name` where there are no tenants. Everything outside an isolate knows a
 * function by its full name; the guest is told the part behind the slash.
 */
import { z } from 'zod';

/** Account ids of the cloud are digits. */
const TENANT = '[A-Za-z0-9_][A-Za-z0-9_-]{0,63}';
/** Function Compute 3.0's names, and `service$function`, by which it shows functions of 2.0. */
const PART = '[A-Za-z_][A-Za-z0-9_-]{0,127}';

const fullNameForm = new RegExp(`^(?:${TENANT}/)?${PART}(?:\\$${PART})?$`);

export const fullName = z
  .string()
  .regex(
    fullNameForm,
    'must be 1-128 letters, digits, _ or -, starting with a letter or _ (or two such names joined by $), ' +
      'and may have a tenant of 1-64 letters, digits, _ or - and a / before it',
  );

/** The name the function's own code and its users see. */
export function shortName(full: string): string {
  return full.slice(full.indexOf('/') + 1);
}

/** Undefined for a function of no tenant. */
export function tenantOf(full: string): string | undefined {
  const slash = full.indexOf('/');
  return slash < 0 ? undefined : full.slice(0, slash);
}
