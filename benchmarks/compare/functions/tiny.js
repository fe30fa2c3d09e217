export const handler = (event) => ({ id: event.id, name: event.name, count: event.items.length });
