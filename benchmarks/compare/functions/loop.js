export const handler = (event) => {
  while (event.id !== 0) event.id++;
  return event;
};
