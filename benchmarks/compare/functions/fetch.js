export const handler = async (event) => {
  const response = await fetch(event.url);
  const body = await response.json();
  return { status: response.status, items: body.items.length };
};
