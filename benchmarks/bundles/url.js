const allowed = new Set(['example.com', 'example.org']);

export const handler = (event) => {
  const url = new URL(event.url);
  return allowed.has(url.hostname) ? url.searchParams.get('q') : null;
};
