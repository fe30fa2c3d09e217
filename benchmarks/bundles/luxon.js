import { DateTime } from 'luxon';

export const handler = (event) => DateTime.fromISO(event.at, { zone: 'utc' }).plus({ days: 3 }).toISO();
