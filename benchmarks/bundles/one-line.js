export const handler = (event) => ({ hello: event.name });
