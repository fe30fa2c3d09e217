/** What a key may do in its tenant. Each role includes the ones before it. */

export const ROLES = ['invoke', 'deploy', 'admin'] as const;

/**
 * `invoke`: call functions and look after their tasks. `deploy`: besides, declare functions and all that belongs to them.
 * `admin`: besides, the tenant's keys; in the default tenant, all tenants.
 */
export type Role = (typeof ROLES)[number];

export const includes = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);
