export const handler = (event) => {
  const { name } = event instanceof Uint8Array ? JSON.parse(event) : event;
  return `Hello, ${name}!`;
};
