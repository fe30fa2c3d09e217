/** 100 kB in, 100 kB out. */
export const handler = (event) => {
  event.rows[0].seen = true;
  return event;
};
